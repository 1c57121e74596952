// jobs: its filters, its pages, and --forget.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// The ids that `procpool jobs` lists with these options.
std::vector<std::string> listed(const TestDaemon& daemon, const std::string& options) {
  std::vector<std::string> ids;
  for (const auto& job : daemon.json("jobs " + options)) ids.push_back(std::to_string(job["id"].get<int>()));
  return ids;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("jobs are listed by pool, name and state, the newest first, page by page") {
  const TestDaemon daemon(python_pool(1) + command_pool(1));
  const std::string one = daemon.say("procpool apply --async --name nightly square 2");
  const std::string two = daemon.say("procpool apply --async --name nightly -- false");
  const std::string three = daemon.say("procpool apply --async -- true");
  daemon.say("procpool wait " + one + " " + two + " " + three);
  CHECK(listed(daemon, "") == Ids{three, two, one});
  CHECK(listed(daemon, "--pool py") == Ids{one});
  CHECK(listed(daemon, "--pool none").empty());
  CHECK(listed(daemon, "--name nightly") == Ids{two, one});
  CHECK(listed(daemon, "--name nightly --state failed") == Ids{two});
  CHECK(listed(daemon, "--limit 2") == Ids{three, two});
  CHECK(listed(daemon, "--limit 2 --before " + two) == Ids{one});
  CHECK(listed(daemon, "--before " + one).empty());
}

TEST_CASE("a job that was forgotten is not there any more") {
  const TestDaemon daemon(command_pool(1));
  const std::string one = daemon.say("procpool apply --async -- true");
  const std::string two = daemon.say("procpool apply --async -- true");
  const std::string three = daemon.say("procpool apply --async -- true");
  daemon.say("procpool wait " + one + " " + two + " " + three);
  CHECK(daemon.sh("procpool jobs --forget " + one + " " + one) == Finished{0, "", ""});
  const Finished got = daemon.sh("procpool get " + one);
  CHECK(got.status == 125);
  CHECK(got.err.find("no job " + one) != std::string::npos);
  CHECK(listed(daemon, "") == Ids{three, two});
  CHECK(daemon.say("procpool --json jobs --forget " + two + " " + three) ==
        "{\"forgotten\":[" + two + "," + three + "]}");
}

TEST_CASE("what has not ended is not forgotten, nor anything that is named with it") {
  const TestDaemon daemon(command_pool(2));
  const std::string done = daemon.say("procpool apply --async -- true");
  const std::string busy = daemon.say("procpool apply --async -- sleep 1000");
  daemon.say("procpool wait " + done);
  const Finished refused = daemon.sh("procpool jobs --forget " + done + " " + busy);
  CHECK(refused.status == 125);
  CHECK(refused.err.find("job " + busy + " has not ended") != std::string::npos);
  CHECK(daemon.sh("procpool jobs --forget " + done + " 9999").status == 125);
  CHECK(daemon.sh("procpool ready " + done).status == 0);
  daemon.cancel_kept_jobs();
}
