// A dead worker costs the one task that it had begun, and nothing else: no value that
// was there, no task that had not begun, and no task runs twice.

#include <doctest/doctest.h>

#include <csignal>
#include <set>
#include <sstream>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// What became of the tasks of a map whose inputs are its indexes.
struct Outcome {
  std::multiset<int> succeeded;  // with their input as value
  std::set<int> lost;
  int others = 0;
};

Outcome outcome_of(const std::string& records) {
  Outcome outcome;
  std::istringstream lines(records);
  for (std::string line; std::getline(lines, line);) {
    const auto record = nlohmann::json::parse(line);
    const int index = record["index"];
    if (record["state"] == "succeeded" && record["value"] == index) {
      outcome.succeeded.insert(index);
    } else if (record["state"] == "lost" && !record.contains("value")) {
      CHECK(record["max_rss_kib"] > 0);
      outcome.lost.insert(index);
    } else {
      ++outcome.others;
    }
  }
  return outcome;
}

constexpr int all = 10'000;
const std::set<int> killers{0, 1, 7, 999, 1000, 2500, 2501, 2502, 6789, 9999};

/// Runs a map of ten thousand tasks and holds what came of it against what should.
void map_with_killers(const TestDaemon& daemon, const std::string& verb, const std::string& inputs) {
  const Finished mapped = daemon.sh(inputs + " | procpool " + verb);
  CHECK(mapped.status == 1);
  const Outcome outcome = outcome_of(mapped.out);
  CHECK(outcome.others == 0);
  CHECK(outcome.lost == killers);
  CHECK(outcome.succeeded.size() == all - killers.size());
  CHECK(std::set(outcome.succeeded.begin(), outcome.succeeded.end()).size() == outcome.succeeded.size());
  CHECK(daemon.say("wc -l < ran") == std::to_string(all));
  CHECK(daemon.say("sort -u ran | wc -l") == std::to_string(all));
  daemon.say("rm ran");
}

/// For each input the array [N, FILE, N or -1, HOW...].
std::string inputs_of(const TestDaemon& daemon, const std::string& how = "") {
  std::string bad;
  for (const int killer : killers) bad += (bad.empty() ? "" : ",") + std::to_string(killer);
  return "seq 0 9999 | jq -c '[., \"" + daemon.path("ran") + "\", (if IN(" + bad + ") then . else -1 end)" +
         how + "]'";
}

int idle_worker(const TestDaemon& daemon, const std::string& pool) {
  int pid = 0;
  REQUIRE(wait_until([&] {
    const nlohmann::json shown = daemon.pool(pool);
    for (const auto& worker : shown["workers"])
      if (worker["state"] == "idle") pid = worker["pid"];
    return pid != 0;
  }));
  return pid;
}

}  // namespace

TEST_CASE("a map of ten thousand tasks of Python where some kill their worker loses these alone") {
  const TestDaemon daemon(python_pool(2));
  for (const std::string how : {"kill", "exit", "segv"}) {
    CAPTURE(how);
    map_with_killers(daemon, "starmap --records --chunksize 1000 note_or_die_at",
                     inputs_of(daemon, ", \"" + how + "\""));
  }
  map_with_killers(daemon, "starmap --records note_or_die_at", inputs_of(daemon, ", \"kill\""));
}

TEST_CASE("a map of ten thousand tasks of a library where some kill their worker loses these alone") {
  const TestDaemon daemon("");
  daemon.say("procpool pool create odd --workers 2 --library " PROCPOOL_LIB_DIR "/libodd.so");
  for (const std::string chunks : {"--chunksize 1000", "--chunksize 30", ""})
    map_with_killers(daemon, "starmap --records " + chunks + " note_or_die_at", inputs_of(daemon));
}

TEST_CASE("a command that kills its worker is lost, and those before and behind it in the chunk are not") {
  const TestDaemon daemon(command_pool(2));
  const Finished mapped = daemon.sh(
      "procpool imap --records --chunksize 20 -- sh -c 'echo $0 >> ran; [ $(($0 % 7)) != 3 ] || kill -9 "
      "$PPID' "
      "::: $(seq 0 39) | jq -c '[.index, .state]'");
  std::set<int> lost;
  std::istringstream lines(mapped.out);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto record = nlohmann::json::parse(line);
    CHECK(record[1] == (record[0].get<int>() % 7 == 3 ? "lost" : "succeeded"));
  }
  CHECK(count == 40);
  CHECK(daemon.say("sort -n ran | paste -sd,") == daemon.say("seq 0 39 | paste -sd,"));
}

TEST_CASE("a worker that is killed while it is idle costs nothing: the next 100 applies all succeed") {
  const TestDaemon daemon(python_pool(2) + native_pool(2) + command_pool(2));
  for (const auto& [pool, apply] : {std::pair<std::string, std::string>{"py", "--pool py square 12"},
                                    {"native", "--pool native square 12"},
                                    {"default", "--raw -- echo 144"}}) {
    CAPTURE(pool);
    for (int round = 0; round < 100; ++round) {
      ::kill(idle_worker(daemon, pool), SIGKILL);
      const Finished applied = daemon.sh("procpool apply " + apply);
      REQUIRE_MESSAGE(applied.status == 0, applied.err);
      REQUIRE(applied.out == "144\n");
    }
    CHECK(daemon.pool(pool)["lost"] == 0);
  }
}

TEST_CASE("a plain worker that dies before it has read its task costs nothing") {
  const TestDaemon daemon("");
  // The first of each two workers leaves as soon as it can be given something.
  daemon.say(
      "cat > worker.sh <<'END'\n"
      "echo '{\"ready\":{\"functions\":[\"greet\"]}}'\n"
      "echo x >> lives; [ $(($(wc -l < lives) % 2)) = 0 ] || { sleep 0.2; exit 7; }\n"
      "while read -r message; do echo $message | jq -c '{task: .task, value: .args[0]}'; done\n"
      "END");
  daemon.say("procpool pool create sh --workers 1 -- sh " + daemon.path("worker.sh"));
  CHECK(daemon.say("procpool map greet ::: $(seq 5) | jq -c .") == "[1,2,3,4,5]");
  CHECK(daemon.pool("sh")["lost"] == 0);
}

TEST_CASE("a task that no worker lives to begin is lost after some tries, and the client has its answer") {
  const std::string leaving =
      "cat > worker.sh <<'END'\n"
      "echo '{\"ready\":{\"functions\":[\"greet\"]}}'; sleep 0.05; exit 7\n"
      "END\n"
      "procpool pool create sh --workers 1 -- sh $PWD/worker.sh";
  const TestDaemon patient("[daemon]\nstart_attempts = 1000\nstart_delay = \"1ms\"\n");
  patient.say(leaving);
  const Finished applied = patient.sh("procpool apply greet you");
  CHECK(applied.status == 1);
  CHECK(applied.err.find("exit status 7") != std::string::npos);
  // Mostly it is the pool that gives up first.
  const TestDaemon daemon("");
  daemon.say(leaving);
  const Finished refused = daemon.sh("procpool apply --pool sh greet you");
  CHECK(refused.status == 125);
  CHECK(refused.err.find("exit status 7 as soon as it was ready") != std::string::npos);
}
