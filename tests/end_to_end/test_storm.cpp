// Storms: workers, and the daemon itself, are killed at random moments while maps of ten
// thousand tasks run, and every task is accounted for. A few rounds as a rule;
// PROCPOOL_STORM_ROUNDS=100 makes it a long night.

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <random>
#include <set>
#include <sstream>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

constexpr int tasks = 10'000;

int rounds() {
  const char* wanted = std::getenv("PROCPOOL_STORM_ROUNDS");
  return wanted != nullptr ? std::atoi(wanted) : 2;
}

std::uint64_t seed() {
  const char* given = std::getenv("PROCPOOL_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

/// One of its workers, whatever it is doing; 0 if none stands.
int any_worker(const TestDaemon& daemon, const std::string& name, std::mt19937_64& random) {
  const auto pool = daemon.pool(name);
  std::vector<int> pids;
  for (const auto& worker : pool["workers"])
    if (worker.contains("pid")) pids.push_back(worker["pid"]);
  return pids.empty() ? 0 : pids[random() % pids.size()];
}

struct Storm {
  const char* pool;
  const char* map;
};

}  // namespace

TEST_CASE(
    "workers are killed all the time: each task ends once, a death costs one at most, the pool is whole") {
  // Those that are killed while they start are no reason to give up.
  const TestDaemon daemon(
      "[daemon]\nstop_timeout = 0\nkill_after = 1\nstart_attempts = 1000000\nstart_delay = \"1ms\"\n" +
      command_pool(2) + python_pool(2) + native_pool(2));
  const std::uint64_t first = seed();
  INFO("PROCPOOL_SEED=", first);
  std::mt19937_64 random(first);
  const std::string inputs = "seq 0 " + std::to_string(tasks - 1) + " | procpool imap_unordered --records ";
  const Storm storms[] = {{"native", "--pool native --chunksize 100 square"},
                          {"native", "--pool native square"},
                          {"py", "--pool py square"},
                          {"default", "--chunksize 20 -- true"}};
  for (int round = 0; round < rounds(); ++round) {
    const Storm& storm = storms[static_cast<std::size_t>(round) % std::size(storms)];
    CAPTURE(storm.map);
    const auto lost_before = daemon.pool(storm.pool)["lost"].get<int>();
    auto map = daemon.start(inputs + storm.map + " | jq -c '[.index,.state]'");
    int kills = 0;
    while (map.is_running() && kills < 200) {
      if (const int victim = any_worker(daemon, storm.pool, random); victim != 0) {
        kill(victim, SIGKILL);
        ++kills;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 60));
    }
    const Finished mapped = map.finish(std::chrono::minutes(2));
    std::set<int> seen;
    int lost = 0;
    std::istringstream lines(mapped.out);
    for (std::string line; std::getline(lines, line);) {
      const auto record = nlohmann::json::parse(line);
      CHECK(seen.insert(record[0].get<int>()).second);
      if (record[1] == "lost") ++lost;
      CHECK((record[1] == "lost" || record[1] == "succeeded"));
    }
    CHECK(seen.size() == tasks);
    CHECK(lost <= kills);
    CHECK(daemon.pool(storm.pool)["lost"] == lost_before + lost);
    CHECK(daemon.workers(storm.pool).size() == 2);
  }
}

TEST_CASE(
    "the daemon is killed in the middle of everything: nothing is left, and the next one serves at once") {
  TestDaemon daemon(command_pool(2) + python_pool(2) + native_pool(2));
  const std::uint64_t first = seed();
  INFO("PROCPOOL_SEED=", first);
  std::mt19937_64 random(first);
  for (int round = 0; round < rounds(); ++round) {
    // Who comes too late for this daemon must not start one of its own.
    const std::string client = "seq 10000 | procpool --no-autostart ";
    auto values = daemon.start(client + "imap --pool native --chunksize 10 square | wc -l");
    auto commands = daemon.start(client + "map --raw -- sh -c 'sleep 0.01 & echo; wait' | wc -l");
    auto functions = daemon.start(client + "imap_unordered --pool py --chunksize 1 square | wc -l");
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 400));
    daemon.kill_daemon();
    daemon.start_daemon();
    CHECK(daemon.say("procpool apply --pool native square 12") == "144");
    for (Program* each : {&values, &commands, &functions}) {
      const Finished ended = each->finish();
      const bool was_cut_off = ended.err.find("the daemon went away") != std::string::npos;
      const bool came_between = ended.err.find("no daemon answers") != std::string::npos;
      if (std::stoi(ended.out) < tasks) CHECK((was_cut_off || came_between));
    }
    const auto whose = [&] { return daemon.processes().size(); };
    // The daemon and six workers: nothing of the last one.
    CHECK(wait_until([&] { return whose() == 7; }));
  }
}
