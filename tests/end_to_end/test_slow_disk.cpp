// A disk that takes its time.

#include <doctest/doctest.h>

#include "tests/support/failing_calls.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

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
