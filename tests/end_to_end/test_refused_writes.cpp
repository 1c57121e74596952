// What waits for a kept job goes on when the disk refuses that job, what was refused is never
// acknowledged, and a daemon whose disk has failed can be drained.

#include <doctest/doctest.h>

#include <cerrno>

#include "tests/support/failing_calls.hpp"
#include "tests/support/raw_client.hpp"
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

/// A submission that is being written, for as long as the test wants it, and then is refused or
/// not: each of its hundred pieces takes its time.
class SlowSubmission {
 public:
  explicit SlowSubmission(DaemonWithFaults& daemon, const std::string& options = "") : daemon_(daemon) {
    daemon_.faults.arm(file_write, FaultPlan::slow, 1, FaultPlan::for_ever);
    client_.emplace(daemon_.start("x=$(head -c 100000 /dev/zero | tr '\\0' x); procpool apply --async " +
                                  options + " -- true $x $x"));
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
  void accept() {
    daemon_.faults.disarm();
    CHECK(client_->finish().out == id + "\n");
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

TEST_CASE("a job that stands for another one of its key is on the disk when its id is told") {
  if (!FailingCalls::are_possible()) return;
  DaemonWithFaults daemon;
  SlowSubmission first(daemon, "--unique key");
  auto second = daemon.start("procpool apply --async --unique key --if-exists get -- true");
  REQUIRE(wait_until([&] { return daemon.json("daemon status")["connections"] == 3; }));
  CHECK(daemon.json("jobs").size() == 1);
  SUBCASE("it is refused") {
    first.refuse();
    // The disk may have had room again.
    const Finished ended = second.finish();
    CHECK(ended.out != first.id + "\n");
    if (ended.status == 0) CHECK(daemon.sh("procpool wait " + ended.out).status == 0);
  }
  SUBCASE("it is taken") {
    first.accept();
    CHECK(second.finish() == Finished{0, first.id + "\n", ""});
  }
}

TEST_CASE("a kept job whose last input is refused still waits for it, as long as who brought it is there") {
  if (!FailingCalls::are_possible()) return;
  DaemonWithFaults daemon;
  std::optional<RawClient> client(daemon.path("socket"));
  const std::string submitted = client->call(
      "Submit",
      R"({"spec":{"verb":"map","argv":["true"],"keep":true},"inputs":{"items":["1"]},"last":false})");
  const std::string id = nlohmann::json::parse(submitted)["parameters"]["job"].dump();
  const std::string last = R"({"job":)" + id + R"(,"inputs":{"items":["2"]},"last":true})";
  daemon.faults.arm(file_write, ENOSPC, 1, FaultPlan::for_ever);
  CHECK(client->call("Feed", last).find("DiskFull") != std::string::npos);
  daemon.faults.disarm();
  SUBCASE("it goes away") {
    client.reset();
    CHECK(daemon.sh("procpool wait " + id).status == 0);
    CHECK(daemon.job(id)["reason"] == "its submitter went away before its last input");
  }
  SUBCASE("it brings it once more") {
    REQUIRE(wait_until(
        [&] { return client->call("Feed", last).find("\"accepted\":true") != std::string::npos; }));
    client.reset();
    CHECK(daemon.sh("procpool wait " + id).status == 0);
    CHECK(daemon.job(id)["tasks"]["succeeded"] == 2);
  }
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
