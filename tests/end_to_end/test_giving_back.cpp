// Native workers get several chunks of quick tasks at once, and give back what they have not
// begun: behind a task that takes long nothing waits for long, and nothing runs twice.

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

std::string odd_pool(int workers) {
  return "[pools.odd]\nkind = \"native\"\nlibrary = \"" PROCPOOL_LIB_DIR "/libodd.so\"\nworkers = " +
         std::to_string(workers) + "\n";
}

/// A daemon whose tasks write their number into the file `ran` when they begin.
struct Notes {
  explicit Notes(int workers) : daemon(odd_pool(workers)) {}

  /// Tasks from `first` on that end at once, or when the file `gate` is there.
  std::string tasks(int first, int count, const std::string& gate = "") const {
    const std::string until = gate.empty() ? "-" : daemon.path(gate);
    std::string lines;
    for (int i = first; i < first + count; ++i)
      lines += daemon.path("ran") + " " + until + " " + std::to_string(i) + "\n";
    return lines;
  }

  std::vector<int> ran() const { return numbers_in("ran"); }
  std::vector<int> numbers_in(const std::string& file) const {
    std::vector<int> numbers;
    std::istringstream text(daemon.file(file));
    for (int number = 0; text >> number;) numbers.push_back(number);
    return numbers;
  }
  void check_each_ran_once(int count) const {
    std::vector<int> all = ran();
    std::sort(all.begin(), all.end());
    REQUIRE(all.size() == static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) REQUIRE(all[static_cast<std::size_t>(i)] == i);
  }

  TestDaemon daemon;
};

constexpr int many = 2000;
const std::string map_of_ones = "procpool imap_unordered --chunksize 1 note_and_wait ";

}  // namespace

TEST_CASE("a task that takes long holds up neither the ones behind it nor the answers before it") {
  for (const std::string chunksize : {"1", "7", "auto"}) {
    CAPTURE(chunksize);
    const Notes notes(2);
    const std::string inputs =
        notes.tasks(0, many) + notes.tasks(many, 1, "gate") + notes.tasks(many + 1, many);
    Program map = notes.daemon.start(
        "procpool imap_unordered --chunksize " + chunksize + " note_and_wait >out", inputs);
    CHECK(wait_until([&] { return notes.numbers_in("out").size() == 2 * many; }));
    CHECK(map.is_running());
    notes.daemon.say("touch gate");
    CHECK(map.finish().status == 0);
    CHECK(notes.numbers_in("out").back() == many);
    notes.check_each_ran_once(2 * many + 1);
    CHECK(notes.daemon.pool("odd")["lost"] == 0);
  }
}

TEST_CASE("long tasks among quick ones on every worker: all others are answered when one is free") {
  const Notes notes(2);
  std::string inputs;
  for (int part = 0; part < 10; ++part) {
    inputs += notes.tasks(part * 501, 500);
    inputs += notes.tasks(part * 501 + 500, 1, "gate" + std::to_string(part));
  }
  Program map = notes.daemon.start(map_of_ones + ">out", inputs);
  for (int part = 0; part < 10; ++part) {
    CHECK(wait_until([&] { return notes.ran().size() >= static_cast<std::size_t>((part + 1) * 501); }));
    notes.daemon.say("touch gate" + std::to_string(part));
  }
  CHECK(map.finish().status == 0);
  CHECK(notes.numbers_in("out").size() == 5010);
  notes.check_each_ran_once(5010);
}

TEST_CASE(
    "workers that are killed among many chunks lose the task that they had begun, and nothing runs twice") {
  const Notes notes(3);
  constexpr int count = 60'000;
  Program map = notes.daemon.start(map_of_ones + ">out 2>errors", notes.tasks(0, count));
  for (int kills = 0; kills < 12 && map.is_running(); ++kills) {
    const std::size_t before = notes.ran().size();
    if (!wait_until([&] { return !map.is_running() || notes.ran().size() > before + 500; })) break;
    const auto pool = notes.daemon.pool("odd");
    for (const auto& worker : pool["workers"])
      if (worker.contains("pid") && worker["state"] == "busy") {
        kill(worker["pid"].get<int>(), SIGKILL);
        break;
      }
  }
  map.finish();
  const std::vector<int> ran = notes.ran();
  CHECK(std::set(ran.begin(), ran.end()).size() == ran.size());
  const std::vector<int> answered = notes.numbers_in("out");
  const auto lost = notes.daemon.pool("odd")["lost"].get<std::size_t>();
  CHECK(std::set(answered.begin(), answered.end()).size() == answered.size());
  CHECK(answered.size() + lost == count);
  CHECK(lost <= 12);
}

TEST_CASE("a pool that is paused begins nothing of the chunks that its workers have") {
  const Notes notes(1);
  const std::string inputs =
      notes.tasks(0, many) + notes.tasks(many, 1, "gate") + notes.tasks(many + 1, many);
  Program map = notes.daemon.start(map_of_ones + ">out", inputs);
  REQUIRE(wait_until([&] { return notes.ran().size() == many + 1; }));
  notes.daemon.say("procpool pool pause odd");
  notes.daemon.say("touch gate");
  CHECK(wait_until([&] { return notes.daemon.pool("odd")["running"] == 0; }));
  CHECK(notes.ran().size() == many + 1);
  CHECK(wait_until([&] { return notes.daemon.pool("odd")["queued"] == many; }));
  notes.daemon.say("procpool pool resume odd");
  CHECK(map.finish().status == 0);
  notes.check_each_ran_once(2 * many + 1);
}

TEST_CASE("a worker that must leave leaves behind the task that it runs, and the others do the rest") {
  const Notes notes(2);
  const std::string inputs =
      notes.tasks(0, many) + notes.tasks(many, 2, "gate") + notes.tasks(many + 2, many);
  Program map = notes.daemon.start(map_of_ones + ">out", inputs);
  REQUIRE(wait_until([&] {
    const std::vector<int> ran = notes.ran();
    return std::count_if(ran.begin(), ran.end(), [](int task) { return task == many || task == many + 1; }) ==
           2;
  }));
  notes.daemon.say("procpool pool resize odd 1");
  notes.daemon.say("touch gate");
  CHECK(map.finish().status == 0);
  notes.check_each_ran_once(2 * many + 2);
  CHECK(wait_until([&] { return notes.daemon.pool("odd")["workers"].size() == 1; }));
}

TEST_CASE("a time limit ends the task that takes long, and no other of its worker's chunks") {
  const Notes notes(2);
  const std::string inputs =
      notes.tasks(0, many) + notes.tasks(many, 1, "never") + notes.tasks(many + 1, many);
  const Finished mapped = notes.daemon.sh(map_of_ones + "--timeout 5 >out", inputs);
  CHECK(mapped.status == 124);
  CHECK(mapped.err.find("task 2000 failed: time limit") != std::string::npos);
  CHECK(notes.numbers_in("out").size() == 2 * many);
  notes.check_each_ran_once(2 * many + 1);
}
