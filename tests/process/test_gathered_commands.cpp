// The answers to quick commands wait for each other for a moment; nobody can lose them by that.

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "daemon/pool/last_answers.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/support/worker_driver.hpp"

using namespace procpool::test;
using nlohmann::json;
namespace os = procpool::os;

namespace {

/// Says its input; what is a path makes that file and takes for ever, `bad` fails, `loud` says
/// more than a quarter of what a socket holds, and `murder` kills its worker.
const char* const script =
    "case $1 in /*) : > $1; exec sleep 1000;; bad) exit 3;; murder) kill -KILL $PPID; exec sleep 1000;; "
    "loud) head -c 100000 /dev/zero | tr '\\0' x;; "
    "esac; "
    "echo $1";

struct ReadyWorker : WorkerDriver {
  os::Fd outbox;

  ReadyWorker() {
    CHECK(hear()["ready"]["outbox"] == true);
    outbox = std::move(take_descriptors().at(0));
    tell_job({"sh", "-c", script, "sh", "{}"});
  }

  /// What the next `count` tasks printed, in however many messages they are told.
  std::string hear_outputs(std::size_t count) {
    std::string outputs;
    for (const json& value : hear_values(count)) outputs += value["stdout"];
    return outputs;
  }
};

json many(std::size_t count) { return json(std::vector<std::string>(count, "quick")); }

}  // namespace

TEST_CASE("every task of a batch of quick commands is answered once, in order") {
  const ProcessAudit audit;
  ReadyWorker worker;
  worker.hand_out(1, {"a", "b", "c", "d", "e"});
  CHECK(worker.hear_outputs(5) == "a\nb\nc\nd\ne\n");
  worker.hand_out(2, {"f"});
  CHECK(worker.hear_outputs(1) == "f\n");
}

TEST_CASE("gathered answers say what each task cost") {
  const ProcessAudit audit;
  ReadyWorker worker;
  worker.say(
      {{"batch", 1}, {"job", 6}, {"first", 0}, {"attempt", 1}, {"inputs", many(20)}, {"measure", true}});
  for (std::size_t open = 20; open > 0;) {
    const json answer = worker.hear();
    const std::size_t count = answer["values"].size();
    for (const char* name : {"seconds", "cpu_seconds", "max_rss_kib"}) {
      REQUIRE(answer[name].size() == count);
      for (const json& number : answer[name]) CHECK(number > 0);
    }
    open -= count;
  }
}

TEST_CASE("an answer does not wait for a command that takes long") {
  const ProcessAudit audit;
  ReadyWorker worker;
  worker.hand_out(1, {"a", "b", "/dev/null", "c"});
  CHECK(worker.hear_outputs(2) == "a\nb\n");
}

TEST_CASE("an answer that found no room is sent when there is room, not when the next command ends") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  ReadyWorker worker;
  worker.tell_job({"sh", "-c", script, "sh", "{}"}, {{"capture", 200'000}});
  worker.hand_out(1, {"loud"});
  worker.hand_out(2, {"a", directory.path("begun")});
  REQUIRE(wait_until([&] { return std::filesystem::exists(directory.path("begun")); }));
  // Nothing shows that the worker has looked for room; but what it says does not depend on it.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(worker.hear_values(1)[0]["stdout"].get<std::string>().size() == 100'000 + 5);
  CHECK(worker.hear_outputs(1) == "a\n");
}

TEST_CASE("a failure is told behind what waits before it") {
  const ProcessAudit audit;
  ReadyWorker worker;
  worker.hand_out(1, {"a", "b", "bad", "c"});
  CHECK(worker.hear_outputs(2) == "a\nb\n");
  CHECK(worker.hear()["state"] == "failed");
  CHECK(worker.hear_outputs(1) == "c\n");
}

TEST_CASE("what waits is told before a cancelled command and what is given back") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  ReadyWorker worker;
  worker.hand_out(1, {"a", directory.path("begun"), "b", "c"});
  REQUIRE(wait_until([&] { return std::filesystem::exists(directory.path("begun")); }));
  worker.say({{"cancel", 1}, {"signal", "TERM"}, {"kill_after", 30.0}, {"reason", "enough"}});
  CHECK(worker.hear_outputs(1) == "a\n");
  CHECK(worker.hear()["state"] == "cancelled");
  CHECK(worker.hear()["dropped"] == 2);
}

TEST_CASE("a worker that is told to leave tells first what waits") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  ReadyWorker worker;
  worker.hand_out(1, {"a", "b", directory.path("begun"), "c"});
  REQUIRE(wait_until([&] { return std::filesystem::exists(directory.path("begun")); }));
  worker.process().signal(SIGTERM);
  CHECK(worker.hear_outputs(2) == "a\nb\n");
  CHECK(worker.hear().is_null());
  CHECK(worker.end().succeeded());
}

TEST_CASE("what waits when a worker is killed stands in its outbox") {
  const ProcessAudit audit;
  for (int i = 0; i < 5; ++i) {
    ReadyWorker worker;
    worker.hand_out(1, {"a", "b", "murder", "c"});
    CHECK(worker.end().signal == SIGKILL);
    std::uint64_t heard = 0;
    for (json answer = worker.hear(); !answer.is_null(); answer = worker.hear())
      heard += answer["values"].size();
    const auto remains = procpool::pool::read_outbox(worker.outbox);
    REQUIRE(remains);
    CHECK(remains->begun == 3);
    std::uint64_t waited = 0;
    for (const std::string_view line : procpool::pool::unheard_lines(*remains, heard).lines)
      waited += json::parse(line)["values"].size();
    CHECK(heard + waited == 2);
  }
}
