// A worker whose batch has a spool file, and the end of the daemon at every moment: the
// command goes on, and the file says exactly what became of each task.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/process/shepherd_worker.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/processes.hpp"
#include "tests/support/wait_until.hpp"

using namespace procpool::test;
using nlohmann::json;
using procpool::pool::SpoolAccount;

namespace {

const std::string stubborn = "trap '' TERM; printf x >&3; while :; do sleep 0.05; done";

}  // namespace

TEST_CASE("while the daemon is there it hears every answer, and the file has the same lines") {
  const ProcessAudit audit;
  ShepherdWorker worker;
  worker.hand_over({"sh", "-c", "exit $1", "sh", "{}"}, {"0", "3", "0"});
  std::string said;
  for (int i = 0; i < 3; ++i) said += worker.hear().dump() + "\n";
  const SpoolAccount account = worker.account();
  CHECK(account == SpoolAccount{3, 0, 0, ""});
  CHECK(worker.exits() == std::vector<int>{0, 3, 0});
  CHECK(worker.lines().size() == 1 + 3 * 2);
  CHECK(
      json::parse(worker.lines()[0]) ==
      json{{"spool", 1}, {"job", 6}, {"first", 40}, {"count", 3}, {"attempt", 2}, {"control_group", "none"}});
  CHECK(json::parse(worker.lines()[1]) == json{{"begun", 40}});
  CHECK(json::parse(worker.lines()[2]) == json::parse(said.substr(0, said.find('\n'))));
  CHECK((std::filesystem::status(worker.spool()).permissions() & std::filesystem::perms::all) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("a command goes on when the daemon is gone, and the file has its exact end") {
  const ProcessAudit audit;
  for (const int status : {0, 7, 255}) {
    ShepherdWorker worker;
    worker.hand_over_gated("exit " + std::to_string(status), {nullptr});
    worker.wait_for_begin();
    worker.close_channel();
    worker.open_gate();
    CHECK(worker.end().exit_status == 0);
    CHECK(worker.complaints().empty());
    CHECK(worker.account() == SpoolAccount{1, 0, 0, ""});
    CHECK(worker.exits() == std::vector<int>{status});
  }
}

TEST_CASE("of a batch the daemon loses in the middle, what runs is answered and the rest given back") {
  const ProcessAudit audit;
  ShepherdWorker worker;
  worker.hand_over_gated("exit 5", json(std::vector<json>(20)));
  for (int task = 0; task < 2; ++task) {
    worker.wait_for_begin();
    worker.open_gate();
    CHECK(worker.hear()["value"]["exit"] == 5);
  }
  worker.wait_for_begin();
  worker.close_channel();
  worker.open_gate();
  CHECK(worker.end().exit_status == 0);
  CHECK(worker.account() == SpoolAccount{3, 0, 17, ""});
  CHECK(worker.exits() == std::vector<int>{5, 5, 5});
  CHECK(json::parse(worker.lines().back()) == json{{"batch", 19}, {"dropped", 17}});
  CHECK(worker.begun_in_truth() == 3);
}

TEST_CASE("a worker nobody listens to says nothing to anybody, and is not killed by that") {
  const ProcessAudit audit;
  ShepherdWorker worker;
  worker.hand_over_gated("exit 4", {nullptr, nullptr});
  worker.wait_for_begin();
  worker.close_standard_error();
  worker.close_channel();
  worker.open_gate();
  CHECK(worker.end().exit_status == 0);
  CHECK(worker.account() == SpoolAccount{1, 0, 1, ""});
}

TEST_CASE("a batch that the daemon left in the channel is run in its first task, or not at all") {
  const ProcessAudit audit;
  ShepherdWorker worker;
  worker.process().signal(SIGSTOP);
  worker.hand_over({"sh", "-c", "echo x >> " + worker.path("ran")}, {nullptr, nullptr});
  worker.close_channel();
  worker.process().signal(SIGCONT);
  CHECK(worker.end().exit_status == 0);
  const SpoolAccount account = worker.account();
  CHECK(account.lost == 0);
  CHECK(account.answered + account.returned == 2);
  const bool ran = std::filesystem::exists(worker.path("ran"));
  CHECK(account.answered == (ran ? std::filesystem::file_size(worker.path("ran")) / 2 : 0));
}

TEST_CASE("the time limit holds for a command without a daemon, and so does the time to be killed") {
  const ProcessAudit audit;
  ShepherdWorker worker;
  worker.hand_over_gated(stubborn, {nullptr}, {{"timeout", 5}, {"kill_after", 0.1}});
  worker.wait_for_begin();
  worker.close_channel();
  CHECK(worker.end().exit_status == 0);
  CHECK(worker.account() == SpoolAccount{1, 0, 0, ""});
  CHECK(json::parse(worker.lines().back())["state"] == "timed_out");
  CHECK(json::parse(worker.lines().back())["value"]["signal"] == "KILL");
  CHECK(worker.nothing_is_left());
}

TEST_CASE("SIGTERM to a worker without a daemon cancels its command, and everything below it") {
  const ProcessAudit audit;
  for (const std::string& script :
       {std::string("setsid sleep 1000 & printf x >&3; wait"), "setsid sh -c '" + stubborn + "' & wait"}) {
    ShepherdWorker worker;
    worker.hand_over_gated(script, {nullptr, nullptr}, {{"kill_after", 0.2}});
    worker.wait_for_begin();
    worker.close_channel();
    worker.process().signal(SIGTERM);
    CHECK(worker.end().exit_status == 0);
    CHECK(worker.account() == SpoolAccount{1, 0, 1, ""});
    const json answer = json::parse(worker.lines()[2]);
    CHECK(answer["state"] == "cancelled");
    CHECK(answer["error"] == json{{"code", "cancelled"}, {"message", "cancelled"}});
    CHECK(worker.nothing_is_left());
  }
}

TEST_CASE("SIGTERM to a worker that has a daemon ends it with its command, as without a file") {
  const ProcessAudit audit;
  ShepherdWorker worker;
  worker.hand_over_gated(stubborn, {nullptr, nullptr});
  worker.wait_for_begin();
  worker.process().signal(SIGTERM);
  CHECK(worker.end().exit_status == 0);
  CHECK(worker.account() == SpoolAccount{0, 1, 1, ""});
  CHECK(worker.nothing_is_left());
}

TEST_CASE("a cancel that came before the end of the channel counts, with its reason") {
  const ProcessAudit audit;
  ShepherdWorker worker;
  worker.hand_over_gated(stubborn, {nullptr, nullptr});
  worker.wait_for_begin();
  worker.say({{"cancel", 19}, {"signal", "KILL"}, {"kill_after", 30.0}, {"reason", "nobody wants it"}});
  worker.close_channel();
  CHECK(worker.end().exit_status == 0);
  CHECK(worker.account() == SpoolAccount{1, 0, 1, ""});
  CHECK(json::parse(worker.lines()[2])["error"]["message"] == "nobody wants it");
}

TEST_CASE("without a file the end of the channel ends the command at once") {
  const ProcessAudit audit;
  ShepherdWorker worker;
  worker.hand_over_gated(stubborn, {nullptr}, json::object(), ShepherdWorker::Kept::no);
  worker.wait_for_begin();
  worker.close_channel();
  CHECK(worker.end().exit_status == 0);
  CHECK_FALSE(std::filesystem::exists(worker.spool()));
  CHECK(worker.nothing_is_left());
}

TEST_CASE("a worker that is killed has lost one task and no other, whenever that is") {
  const ProcessAudit audit;
  for (std::uint64_t answered = 0; answered < 3; ++answered) {
    for (const bool alone : {false, true}) {
      ShepherdWorker worker;
      worker.hand_over_gated("exit 1", json(std::vector<json>(4)));
      for (std::uint64_t task = 0; task < answered; ++task) {
        worker.wait_for_begin();
        worker.open_gate();
        worker.hear();
      }
      worker.wait_for_begin();
      if (alone) worker.close_channel();
      worker.process().signal(SIGKILL);
      CHECK(worker.end().signal == SIGKILL);
      CHECK(worker.account() == SpoolAccount{answered, 1, 3 - answered, ""});
      CHECK(worker.begun_in_truth() == answered + 1);
    }
  }
}

TEST_CASE("at whatever moment worker and daemon are killed, what the file says is what ran") {
  const ProcessAudit audit;
  for (int round = 0; round < 40; ++round) {
    ShepherdWorker worker;
    worker.hand_over({"sh", "-c", "printf x >> " + worker.path("ran")}, json(std::vector<json>(30)));
    // Anything between the first and the last task.
    CHECK(wait_until([&] {
      std::error_code none_yet;
      const auto size = std::filesystem::file_size(worker.path("ran"), none_yet);
      return !none_yet && size >= static_cast<std::uintmax_t>(round / 2);
    }));
    if (round % 2 == 0) worker.process().signal(SIGKILL);
    worker.close_channel();
    worker.end();
    const SpoolAccount account = worker.account();
    CAPTURE(account.damage);
    const std::uint64_t ran = std::filesystem::file_size(worker.path("ran"));
    CHECK(account.damage.empty());
    CHECK(account.answered + account.lost + account.returned == 30);
    CHECK(account.lost <= (round % 2 == 0 ? 1 : 0));
    CHECK(ran >= account.answered);
    CHECK(ran <= account.answered + account.lost);
  }
}

TEST_CASE("where the file cannot be made the first task says so and the rest is given back") {
  const ProcessAudit audit;
  const auto refused = [](ShepherdWorker& worker) {
    const json answer = worker.hear();
    CHECK(worker.hear() == json{{"batch", 19}, {"dropped", 2}});
    CHECK(answer["state"] == "not_launched");
    CHECK_FALSE(answer["error"].contains("errno"));
    return answer["error"]["message"].get<std::string>();
  };
  const json three(std::vector<json>(3));
  ShepherdWorker worker;
  std::filesystem::create_symlink("elsewhere", worker.spool());
  worker.hand_over({"false"}, three);
  CHECK(refused(worker) == "cannot write to the spool file '" + worker.spool() + "': File exists");
  std::filesystem::remove(worker.spool());
  worker.hand_over({"true"}, three);
  for (int i = 0; i < 3; ++i) CHECK(worker.hear()["values"][0]["exit"] == 0);
  CHECK(worker.account() == SpoolAccount{3, 0, 0, ""});
  worker.hand_over({"false"}, three);  // the same file again
  CHECK(refused(worker).ends_with("File exists"));
  CHECK(worker.exits() == std::vector<int>{0, 0, 0});
}

TEST_CASE("an answer that finds no room in the file is told by the channel, and nothing more is begun") {
  const ProcessAudit audit;
  ShepherdWorker worker;
  const rlimit little{150, RLIM_INFINITY};
  REQUIRE(prlimit(worker.process().pid(), RLIMIT_FSIZE, &little, nullptr) == 0);
  worker.hand_over({"sh", "-c", "printf %0100d 0"}, json(std::vector<json>(3)));
  CHECK(worker.hear()["values"][0]["exit"] == 0);
  CHECK(worker.hear() == json{{"batch", 19}, {"dropped", 2}});
  CHECK(worker.account() == SpoolAccount{0, 1, 2, ""});  // the first is known by the channel
  worker.close_channel();
  CHECK(worker.end().exit_status == 0);
  CHECK(worker.complaints().find("File too large") != std::string::npos);
}

TEST_CASE("a task whose begin finds no room in the file is not begun") {
  const ProcessAudit audit;
  ShepherdWorker worker;
  const rlimit little{60, RLIM_INFINITY};
  REQUIRE(prlimit(worker.process().pid(), RLIMIT_FSIZE, &little, nullptr) == 0);
  worker.hand_over({"sh", "-c", "echo > " + worker.path("ran")}, {nullptr, nullptr});
  CHECK(worker.hear()["state"] == "not_launched");
  CHECK(worker.hear() == json{{"batch", 19}, {"dropped", 1}});
  CHECK_FALSE(std::filesystem::exists(worker.path("ran")));
  CHECK(worker.account() == SpoolAccount{0, 0, 2, ""});
}

TEST_CASE("an answer that finds no room is written by a worker without a daemon when there is some") {
  const ProcessAudit audit;
  ShepherdWorker worker;
  worker.hand_over_gated("printf %0200d 0; exit 9", {nullptr, nullptr});
  worker.wait_for_begin();
  const rlimit little{150, RLIM_INFINITY};
  REQUIRE(prlimit(worker.process().pid(), RLIMIT_FSIZE, &little, nullptr) == 0);
  worker.close_channel();
  worker.open_gate();
  CHECK(wait_until([&] { return std::filesystem::file_size(worker.spool()) == 150; }));
  CHECK(worker.account() == SpoolAccount{0, 1, 1, ""});
  const rlimit enough{RLIM_INFINITY, RLIM_INFINITY};
  REQUIRE(prlimit(worker.process().pid(), RLIMIT_FSIZE, &enough, nullptr) == 0);
  CHECK(worker.end().exit_status == 0);
  CHECK(worker.account() == SpoolAccount{1, 0, 1, ""});
  CHECK(worker.exits() == std::vector<int>{9});
}
