// What waits for a kept job goes on when the disk refuses that job, and a daemon whose disk
// has failed can be drained.

#include <doctest/doctest.h>

#include <cerrno>

#include "tests/support/failing_calls.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// A daemon whose calls fail as the test says.
class DaemonWithFaults : public TestDaemon {
 public:
  DaemonWithFaults()
      : TestDaemon("[limits]\ndisk_free = 0\n" + command_pool(1), NotStarted{}),
        faults(path("faults"), "procpoold") {
    REQUIRE(try_to_start_daemon(faults.environment()));
  }
  ~DaemonWithFaults() { faults.disarm(); }
  DaemonWithFaults(const DaemonWithFaults&) = delete;
  DaemonWithFaults& operator=(const DaemonWithFaults&) = delete;

  FailingCalls faults;
};

/// A submission that is being written, for as long as the test wants it, and then is refused: each
/// of its hundred pieces takes its time.
class SlowSubmission {
 public:
  explicit SlowSubmission(DaemonWithFaults& daemon) : daemon_(daemon) {
    daemon_.faults.arm(file_write, FaultPlan::slow, 1, FaultPlan::for_ever);
    client_.emplace(daemon_.start(
        "x=$(head -c 120000 /dev/zero | tr '\\0' x); procpool apply --async -- true $x $x $x $x $x $x"));
    REQUIRE(wait_until([&] { return !daemon_.json("jobs").empty(); }));
    id = std::to_string(daemon_.json("jobs").front()["id"].get<int>());
  }

  void refuse() {
    daemon_.faults.arm(file_write, ENOSPC, 1, FaultPlan::for_ever);
    const Finished refused = client_->finish();
    daemon_.faults.disarm();
    INFO(refused.out);
    CHECK(refused.status == 125);
    CHECK(refused.err.find("no room on the disk") != std::string::npos);
  }

  std::string id;

 private:
  DaemonWithFaults& daemon_;
  std::optional<Program> client_;
};

std::string state_of(const TestDaemon& daemon) {
  return daemon.say("procpool --json daemon status | jq -r .state");
}

}  // namespace

TEST_CASE("a drain ends when the last job, which was being written, is refused") {
  if (!FailingCalls::are_possible()) return;
  DaemonWithFaults daemon;
  SlowSubmission last(daemon);
  auto drain = daemon.start("procpool daemon drain");
  REQUIRE(wait_until([&] { return state_of(daemon) == "draining"; }));
  last.refuse();
  REQUIRE(wait_until([&] { return !daemon.is_running(); }));
  CHECK(daemon.wait_for_end() == 0);
  CHECK(drain.finish().status == 0);
}

TEST_CASE("a job that waits for one that was being written hears that it is refused") {
  if (!FailingCalls::are_possible()) return;
  DaemonWithFaults daemon;
  SlowSubmission first(daemon);
  auto second = daemon.start("timeout 30 procpool apply --after " + first.id + " -- true");
  REQUIRE(wait_until([&] { return daemon.json("jobs").size() == 2; }));
  first.refuse();
  const Finished ended = second.finish();
  CHECK(ended.status == 1);
  CHECK(ended.err.find("has ended as lost") != std::string::npos);
}

TEST_CASE("a daemon whose disk has failed can be drained, and the next one has its kept jobs") {
  if (!FailingCalls::are_possible()) return;
  DaemonWithFaults daemon;
  const std::string id =
      daemon.say("procpool apply --async -- sh -c 'echo >>on; until [ -e go ]; do sleep 0.01; done'");
  REQUIRE(wait_until([&] { return !daemon.file("on").empty(); }));
  daemon.faults.arm(file_sync, EIO, 1, 1);
  CHECK(daemon.sh("procpool apply --async -- true").status == 125);
  CHECK(daemon.sh("timeout 30 procpool daemon drain").status == 0);
  REQUIRE(wait_until([&] { return !daemon.is_running(); }));
  daemon.wait_for_end();
  daemon.faults.disarm();
  daemon.start_daemon();
  daemon.directory().write("go", "");
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  CHECK(daemon.file("on") == "\n");
}
