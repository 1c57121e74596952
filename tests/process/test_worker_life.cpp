// How a worker for commands begins, is interrupted, and ends.

#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <set>

#include "tests/support/child_output.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/worker_driver.hpp"

using namespace procpool::test;
using nlohmann::json;
namespace os = procpool::os;

namespace {

const json cancel_one{{"cancel", 1}, {"signal", "TERM"}, {"kill_after", 30.0}, {"reason", "nobody wants it"}};

/// A worker whose command says on a pipe of the test's that it runs. It has the pipe
/// as its three streams, so that it is seen when all of the command is gone.
struct BusyWorker : WorkerDriver {
  os::Pipe pipe = os::make_pipe().value();

  explicit BusyWorker(const std::string& script, const json& inputs = {nullptr}) {
    hear();
    tell_job({"sh", "-c", script}, {{"stdio", true}});
    hand_out(1, inputs, {pipe.write.get(), pipe.write.get(), pipe.write.get()});
    pipe.write.reset();
    char said = 0;
    REQUIRE(read(pipe.read.get(), &said, 1) == 1);
  }
  bool nothing_is_left() { return wait_for(pipe.read.get(), POLLHUP) && read_all(pipe.read.get()).empty(); }
};

const std::string family = "sleep 1000 & printf x; wait";
const std::string stubborn_family = "trap '' TERM; sleep 1000 & printf x; while :; do sleep 1000; done";

std::set<std::string> descriptors_of(const os::Child& process) {
  std::set<std::string> descriptors;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(process.pid()) + "/fd"))
    descriptors.insert(entry.path().filename());
  return descriptors;
}

}  // namespace

TEST_CASE("a worker for commands says what it is") {
  const ProcessAudit audit;
  WorkerDriver worker;
  CHECK(worker.hear() ==
        json{{"ready",
              {{"commands", true}, {"batches", true}, {"functions", json::array()}, {"outbox", true}}}});
}

TEST_CASE("a worker leaves when its channel is closed") {
  const ProcessAudit audit;
  WorkerDriver worker;
  worker.hear();
  worker.close_channel();
  CHECK(worker.end().exit_status == 0);
  CHECK(worker.complaints() == "");
}

TEST_CASE("an idle worker leaves when it is told to by a signal") {
  const ProcessAudit audit;
  WorkerDriver worker;
  worker.hear();
  worker.process().signal(SIGTERM);
  CHECK(worker.hear().is_null());
  CHECK(worker.end().exit_status == 0);
}

TEST_CASE("a worker that leaves takes its running command with it") {
  const ProcessAudit audit;
  for (const std::string& script : {family, stubborn_family}) {
    BusyWorker disconnected(script);
    disconnected.close_channel();
    CHECK(disconnected.end().exit_status == 0);
    CHECK(disconnected.nothing_is_left());
    BusyWorker terminated(script);
    terminated.process().signal(SIGTERM);
    CHECK(terminated.end().exit_status == 0);
    CHECK(terminated.nothing_is_left());
  }
}

TEST_CASE("a worker that is killed takes its command with it") {
  const ProcessAudit audit;
  BusyWorker worker("printf x; exec sleep 1000");
  worker.process().signal(SIGKILL);
  CHECK(worker.end().signal == SIGKILL);
  CHECK(worker.nothing_is_left());
}

TEST_CASE("a cancelled command ends, and the tasks behind it are given back") {
  const ProcessAudit audit;
  BusyWorker worker(family, {nullptr, nullptr, nullptr});
  worker.say(cancel_one);
  const json answer = worker.hear();
  CHECK(answer["state"] == "cancelled");
  CHECK(answer["error"] == json{{"code", "cancelled"}, {"message", "nobody wants it"}});
  CHECK(answer["value"]["signal"] == "TERM");
  CHECK(worker.hear() == json{{"batch", 1}, {"dropped", 2}});
  CHECK(worker.nothing_is_left());
  CHECK(worker.run({"true"})["values"][0]["exit"] == 0);
}

TEST_CASE("a cancelled command that does not listen is killed") {
  const ProcessAudit audit;
  BusyWorker worker(stubborn_family);
  json at_once = cancel_one;
  at_once["kill_after"] = 0.1;
  worker.say(at_once);
  CHECK(worker.hear()["value"]["signal"] == "KILL");
  CHECK(worker.nothing_is_left());
}

TEST_CASE("a batch that is cancelled before it began is given back whole") {
  const ProcessAudit audit;
  BusyWorker worker("printf x; exec sleep 1000");
  worker.hand_out(2, {nullptr, nullptr});
  json cancel_two = cancel_one;
  cancel_two["cancel"] = 2;
  worker.say(cancel_two);
  worker.say(cancel_one);
  CHECK(worker.hear()["batch"] == 1);
  CHECK(worker.hear() == json{{"batch", 2}, {"dropped", 2}});
}

TEST_CASE("what is told while a command runs is done after it, in order") {
  const ProcessAudit audit;
  BusyWorker worker("printf x; sleep 0.1");
  worker.tell_job({"echo", "second"});
  worker.hand_out(2, {nullptr});
  worker.tell_job({"echo", "third"});
  worker.hand_out(3, {nullptr});
  CHECK(worker.hear()["batch"] == 1);
  CHECK(worker.hear()["values"][0]["stdout"] == "second\n");
  CHECK(worker.hear()["values"][0]["stdout"] == "third\n");
}

TEST_CASE("a signal is passed to the running command") {
  const ProcessAudit audit;
  BusyWorker worker("trap 'exit 42' INT; printf x; sleep 1000 & wait");
  worker.say({{"signal", 1}, {"name", "INT"}});
  const json answer = worker.hear();
  CHECK(answer["state"] == "failed");
  CHECK(answer["value"]["exit"] == 42);
}

TEST_CASE("a cancel and a signal about a batch that is over are ignored") {
  const ProcessAudit audit;
  WorkerDriver worker;
  worker.hear();
  worker.run({"true"});
  worker.say(cancel_one);
  worker.say({{"signal", 1}, {"name", "KILL"}});
  worker.tell_job({"true"});
  worker.hand_out(2, {nullptr});
  CHECK(worker.hear()["values"][0]["exit"] == 0);
}

TEST_CASE("a line that nobody understands ends the worker, with a word about it") {
  const ProcessAudit audit;
  for (const char* line : {"nonsense", "{}", R"({"batch":1})",
                           R"({"batch":1,"job":1,"first":0,"inputs":[1]})", R"({"job":{"id":1},"more":2})"}) {
    WorkerDriver worker;
    worker.hear();
    worker.say_line(line);
    CHECK(worker.hear().is_null());
    CHECK(worker.end().exit_status == 1);
    CHECK(worker.complaints().starts_with("procpool-worker: "));
  }
}

TEST_CASE("the initializer runs before the worker is ready") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  WorkerDriver worker({"commands", "--initializer", "echo $PROCPOOL_SLOT > " + directory.path("made")});
  CHECK(worker.hear().contains("ready"));
  CHECK(std::filesystem::exists(directory.path("made")));
}

TEST_CASE("what an initializer prints lands in the log and not in the channel") {
  const ProcessAudit audit;
  WorkerDriver worker({"commands", "--initializer", "echo printed"});
  CHECK(worker.hear().contains("ready"));
  worker.close_channel();
  worker.end();
  CHECK(worker.complaints() == "printed\n");
}

TEST_CASE("a worker whose initializer fails says why and leaves") {
  const ProcessAudit audit;
  WorkerDriver worker({"commands", "--initializer", "exit 3"});
  CHECK(worker.hear() ==
        json{{"failed", {{"code", "exit_status"}, {"message", "initializer: exit status 3"}}}});
  CHECK(worker.hear().is_null());
  CHECK(worker.end().exit_status == 1);
}

TEST_CASE("a wrong command line is refused with the usage") {
  const ProcessAudit audit;
  WorkerDriver worker({"commands", "--nonsense"});
  CHECK(worker.end().exit_status == 2);
  CHECK(worker.complaints().starts_with("procpool-worker: unknown option '--nonsense'\nusage: "));
}

TEST_CASE("a thousand commands leave nothing behind in the worker") {
  const ProcessAudit audit;
  WorkerDriver worker;
  worker.hear();
  worker.run({"true"});
  const auto before = descriptors_of(worker.process());
  worker.tell_job({"sh", "-c", "exit $PROCPOOL_TASK"});
  worker.hand_out(2, json(std::vector<json>(1000)));
  for (int i = 0; i < 1000; ++i) CHECK(worker.hear()["batch"] == 2);
  CHECK(descriptors_of(worker.process()) == before);
}
