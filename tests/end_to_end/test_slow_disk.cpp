// A disk that takes its time, or that another program holds.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/failing_calls.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// Another program that writes to the database, and does not come to an end.
class Holder {
 public:
  explicit Holder(const TestDaemon& daemon)
      : program_(daemon.start(
            "exec python3 -c 'import sqlite3, time\nat = sqlite3.connect(\"state/jobs.sqlite\", timeout=20)\n"
            "at.execute(\"BEGIN IMMEDIATE\")\nprint(\"held\", flush=True)\ntime.sleep(1000)'")) {
    REQUIRE(wait_until([&] { return program_.out() == "held\n"; }));
  }

  void let_go() {
    program_.signal(SIGKILL);
    program_.finish();
  }

 private:
  Program program_;
};

}  // namespace

TEST_CASE("calls that come faster than a slow disk reserves ids for them wait for it, and none is refused") {
  if (!FailingCalls::are_possible()) return;
  TestDaemon daemon(native_pool(1), TestDaemon::NotStarted{});
  FailingCalls faults(daemon.path("faults"), "procpoold");
  REQUIRE(daemon.try_to_start_daemon(faults.environment()));
  faults.arm(file_sync, FaultPlan::slow, 1, FaultPlan::for_ever);
  RawClient client(daemon.path("socket"));
  for (int i = 0; i < 4000; ++i) {
    const std::string reply =
        client.call("Apply", R"({"spec":{"verb":"apply","function":"square"},"inputs":{"items":[[5]]}})");
    INFO(reply);
    REQUIRE(reply.find(R"("value":25)") != std::string::npos);
  }
  CHECK(faults.were_met());
}

TEST_CASE("who cancels a job while another program holds the database hears that it is not on the disk") {
  TestDaemon daemon(command_pool(1));
  const std::string id = daemon.say("procpool apply --async -- sleep 1000");
  const std::string next = daemon.say("procpool apply --async -- true");
  Holder holder(daemon);
  const Finished cancelled = daemon.sh("procpool cancel " + id);
  CHECK(cancelled.status == 125);
  CHECK(cancelled.err.find("job " + id + " is cancelled, but that is not written down") != std::string::npos);
  CHECK(cancelled.err.find("database is locked") != std::string::npos);
  CHECK(cancelled.err.find("the job goes on") != std::string::npos);
  CHECK(daemon.json("daemon status")["disk"]["state"] == "full");
  holder.let_go();
  CHECK(daemon.sh("procpool wait " + id + " " + next).status == 0);
  CHECK(daemon.job(id)["state"] == "cancelled");
  CHECK(daemon.job(next)["state"] == "succeeded");
}
