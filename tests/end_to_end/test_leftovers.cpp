// What a task starts and leaves behind: it ends with the task, with its worker, or with
// the daemon, wherever it has gone.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// A line of the shell that starts a process in a session of its own, orphaned twice,
/// deaf to TERM, with the output of the command in its hands, and waits until it has
/// written its number into the file `escaped`.
const std::string escape =
    "(setsid sh -c 'trap \"\" TERM; (sh -c \"trap \\\"\\\" TERM; echo \\$\\$ >escaped.new; mv escaped.new "
    "escaped; "
    "while :; do sleep 1; done\" &)' &); until [ -s escaped ]; do sleep 0.01; done";

int escaped(const TestDaemon& daemon) {
  REQUIRE(wait_until([&] { return !daemon.file("escaped").empty(); }));
  return std::stoi(daemon.file("escaped"));
}

bool soon_dead(int pid) {
  return wait_until([&] { return !is_alive(pid); });
}

}  // namespace

TEST_CASE("gh76116, gh82388: a command that ends while an escaped descendant holds its output ends at once") {
  const TestDaemon daemon;
  daemon.directory().write("line", escape + "; echo done");
  const Finished ended = daemon.sh("procpool apply --raw -- sh line");
  CHECK(ended.out == "done\n");
  CHECK(ended.status == 0);
  CHECK_FALSE(is_alive(escaped(daemon)));
}

TEST_CASE("a time limit and a cancel reach descendants that have left the group and the session") {
  const TestDaemon daemon;
  daemon.directory().write("line", escape + "; sleep 1000");
  SUBCASE("a time limit") {
    for (int limit = 1; daemon.file("escaped").empty() && limit < 100; limit *= 3)
      CHECK(daemon.sh("procpool apply --timeout " + std::to_string(limit) + " --kill-after 0.2 -- sh line")
                .status == 124);
  }
  SUBCASE("a cancel") {
    const std::string id = daemon.say("procpool apply --async -- sh line");
    const int pid = escaped(daemon);
    CHECK(is_alive(pid));
    daemon.say("procpool cancel --grace 0.2 " + id);
    CHECK(daemon.sh("procpool wait " + id).status == 0);
  }
  SUBCASE("a client that goes away") {
    auto client = daemon.start("exec procpool apply -- sh line");
    escaped(daemon);
    client.signal(SIGKILL);
    CHECK(client.finish().status == 128 + SIGKILL);
  }
  CHECK(soon_dead(escaped(daemon)));
}

TEST_CASE("a worker that is killed takes with it what its task had started, escaped or not") {
  const TestDaemon daemon(command_pool(2) + python_pool(2));
  std::string id;
  SUBCASE("of a command") {
    daemon.directory().write("line", escape + "; sleep 1000");
    id = daemon.say("procpool apply --async -- sh line");
  }
  SUBCASE("of a function") {
    daemon.directory().write("line", escape);
    id = daemon.say("procpool apply --async shell_and_nap \"$PWD\" line 1000");
  }
  const int pid = escaped(daemon);
  const auto pool = daemon.pool(daemon.job(id)["pool"]);
  for (const auto& worker : pool["workers"])
    if (worker.contains("job") && worker["job"] == std::stoi(id)) kill(worker["pid"].get<int>(), SIGKILL);
  CHECK(daemon.sh("procpool get " + id).err.find("signal KILL") != std::string::npos);
  CHECK(daemon.job(id)["state"] == "lost");
  CHECK(soon_dead(pid));
}

TEST_CASE("what the functions of one worker have started goes on while another worker ends") {
  const TestDaemon daemon(python_pool(2));
  daemon.directory().write("line", escape);
  const std::string owner = daemon.say("procpool apply shell_and_nap \"$PWD\" line 0");
  const int pid = escaped(daemon);
  for (const int worker : daemon.workers("py"))
    if (std::to_string(worker) != owner) kill(worker, SIGKILL);
  CHECK(wait_until([&] { return daemon.pool("py")["started"] == 3; }));
  CHECK(is_alive(pid));
  kill(std::stoi(owner), SIGKILL);
  CHECK(soon_dead(pid));
}

TEST_CASE("an orphan that ends by itself leaves no zombie") {
  const TestDaemon daemon(python_pool(1));
  daemon.directory().write("line", "(setsid sh -c 'echo $$ >orphan; exec sleep 0.1' &)");
  daemon.say("procpool apply shell_and_nap \"$PWD\" line 0");
  REQUIRE(wait_until([&] { return !daemon.file("orphan").empty(); }));
  const int orphan = std::stoi(daemon.file("orphan"));
  CHECK(wait_until([&] { return !exists(orphan); }));
}

TEST_CASE("a callback's leftovers end with it") {
  const TestDaemon daemon;
  daemon.directory().write("line", escape);
  CHECK(daemon.sh("procpool apply --callback 'sh line' -- true").status == 0);
  CHECK(soon_dead(escaped(daemon)));
}

TEST_CASE("what never stops to write on the standard error of a dead worker or callback holds nobody up") {
  const TestDaemon daemon(command_pool(1) + python_pool(1));
  SUBCASE("of a worker") {
    daemon.directory().write("line", "for i in 1 2 3 4 5 6 7 8; do yes >&2 & done");
    const Finished lost = daemon.sh("timeout 60 procpool apply --pool py shell_and_leave \"$PWD\" line");
    CHECK(lost.err.find("exit status 99") != std::string::npos);
  }
  SUBCASE("of a callback") {
    daemon.directory().write("line",
                             "for i in 1 2 3 4 5 6 7 8; do setsid sh -c 'echo >>up; exec yes >&2' & done; "
                             "until [ $(wc -l <up) = 8 ]; do sleep 0.01; done; exit 3");
    const std::string id =
        daemon.say("touch up; procpool apply --async --pool default --callback 'sh line' -- true");
    CHECK(daemon.sh("timeout 60 procpool wait " + id).status == 0);
    CHECK(daemon.job(id)["callback_failures"].size() == 1);
  }
  CHECK(daemon.sh("timeout 60 procpool apply --pool default -- true").status == 0);
  CHECK(daemon.sh("timeout 60 procpool apply --pool py square 3") == Finished{0, "9\n", ""});
}
