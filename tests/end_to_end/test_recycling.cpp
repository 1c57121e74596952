// Workers that are replaced because they are due: one at a time.

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// Starting takes long enough to be seen.
const std::string slow_start = "initializer = \"nap\"\ninitargs = [0.2]\n";

/// Asks for the pool until `done`, and says how many workers were out at most.
template <class Condition>
std::size_t most_out_until(const TestDaemon& daemon, const Condition& done) {
  std::size_t most = 0;
  CHECK(wait_until([&] {
    const auto pool = daemon.pool("py");
    const auto out = std::count_if(pool["workers"].begin(), pool["workers"].end(), [](const auto& worker) {
      return worker["state"] != "idle" && worker["state"] != "busy";
    });
    most = std::max(most, static_cast<std::size_t>(out));
    return done(pool);
  }));
  return most;
}

bool has_started(const nlohmann::json& pool, int workers) { return pool["started"] >= workers; }

bool all_new(const std::vector<int>& before, const std::vector<int>& after) {
  return std::none_of(before.begin(), before.end(), [&](int worker) {
    return std::find(after.begin(), after.end(), worker) != after.end();
  });
}

std::vector<int> pids_of(const nlohmann::json& pool) {
  std::vector<int> pids;
  for (const auto& worker : pool["workers"])
    if (worker.contains("pid")) pids.push_back(worker["pid"]);
  return pids;
}

}  // namespace

TEST_CASE("gunicorn3427: recycle rolls through the pool, one worker out at a time, while work goes on") {
  const TestDaemon daemon(python_pool(4, slow_start));
  const auto before = daemon.workers("py");
  auto work = daemon.start("seq 400 | procpool map --chunksize 1 square | jq length");
  daemon.say("procpool pool recycle py");
  CHECK(most_out_until(daemon, [](const auto& pool) { return has_started(pool, 8); }) <= 1);
  CHECK(all_new(before, daemon.workers("py")));
  CHECK(work.finish() == Finished{0, "400\n", ""});
  CHECK(daemon.pool("py")["lost"] == 0);
}

TEST_CASE("workers of the same age are not replaced at the same time") {
  const TestDaemon daemon(python_pool(4, slow_start + "max_age = 2\n"));
  const auto before = pids_of(daemon.pool("py"));
  // On a busy machine their starts take longer than they live, so that one is always out.
  CHECK(most_out_until(daemon, [&](const auto& pool) { return all_new(before, pids_of(pool)); }) <= 1);
}

TEST_CASE("workers that have grown too large are replaced one at a time, and go on until then") {
  const TestDaemon daemon(python_pool(3, slow_start + "max_memory = \"64MiB\"\n"));
  const auto before = daemon.workers("py");
  auto work = daemon.start("seq 30 | procpool imap_unordered --chunksize 1 hoard | sort -u | wc -l");
  CHECK(most_out_until(daemon, [](const auto& pool) { return has_started(pool, 6); }) <= 1);
  CHECK(work.finish().status == 0);
  CHECK(all_new(before, daemon.workers("py")));
  CHECK(daemon.pool("py")["lost"] == 0);
}

TEST_CASE("a change that keeps workers from starting costs a recycled pool one worker, not all") {
  const TemporaryDirectory module;
  module.write("own.py", "def one(x):\n    return 1\n");
  const TestDaemon daemon(
      "[daemon]\nstop_timeout = 0\nkill_after = 1\nstart_attempts = 2\nstart_delay = \"1ms\"\n"
      "[pools.py]\nkind = \"python\"\nworkers = 3\nmodule = \"" +
      module.path("own.py") + "\"\n");
  module.write("own.py", "this is no Python");
  daemon.say("procpool pool recycle py");
  CHECK(wait_until([&] { return daemon.pool("py").contains("reason"); }));
  CHECK(daemon.say("seq 20 | procpool map --chunksize 1 one | jq add") == "20");
  CHECK(daemon.pool("py")["state"] == "running");

  module.write("own.py", "def one(x):\n    return 2\n");
  daemon.say("procpool pool recycle py");
  CHECK(wait_until([&] { return daemon.say("seq 20 | procpool map --chunksize 1 one | jq add") == "40"; }));
}
