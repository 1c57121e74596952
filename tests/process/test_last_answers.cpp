// Workers that die in the middle of a batch, with the test in the place of the daemon:
// what they had answered is known to the last value, by the channel and the outbox.

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "daemon/pool/last_answers.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/worker_driver.hpp"

namespace {

using namespace procpool;
using nlohmann::json;

test::WorkerDriver start(const std::string& kind) {
  if (kind == "native") return test::WorkerDriver({"native", "--library", PROCPOOL_LIB_DIR "/libodd.so"});
  return test::WorkerDriver::running({"python3",
                                      PROCPOOL_SOURCE_DIR "/daemon/worker/runtimes/procpool_worker.py",
                                      "--module", PROCPOOL_SOURCE_DIR "/tests/data/tasks.py"});
}

/// A worker, and all that it says until it is dead.
class Victim {
 public:
  explicit Victim(const std::string& kind) : driver(start(kind)) {
    const json hello = driver.hear();
    CHECK(hello.at("ready").at("outbox") == true);
    auto along = driver.take_descriptors();
    REQUIRE(along.size() == 1);
    outbox_ = std::move(along.front());
  }

  void begin(const std::string& function, const json& inputs) {
    driver.say({{"batch", ++batch_},
                {"job", 1},
                {"first", 0},
                {"attempt", 1},
                {"function", function},
                {"inputs", inputs},
                {"star", true}});
  }

  /// Hears one message more. False: it is dead.
  bool hear() {
    const json message = driver.hear();
    if (message.is_null()) return false;
    take(message);
    return true;
  }

  /// After its death; then `answers` is complete.
  void open_outbox() {
    const auto remains = pool::read_outbox(outbox_);
    REQUIRE(remains);
    for (const std::string_view line : pool::unheard_lines(*remains, answers.size()).lines) {
      take(json::parse(line));
      ++rescued;
    }
    begun = remains->begun;
  }

  test::WorkerDriver driver;
  std::vector<json> answers;
  std::uint64_t begun = 0;
  int rescued = 0;  // lines

 private:
  void take(const json& message) {
    if (message.contains("error")) answers.push_back(message.at("error").at("code"));
    for (const json& value : message.value("values", json::array())) answers.push_back(value);
  }

  os::Fd outbox_;
  int batch_ = 0;
};

/// Tasks 0, 1, ... with these further arguments.
template <class... More>
json tasks(int count, const More&... more) {
  json inputs = json::array();
  for (int i = 0; i < count; ++i) inputs.push_back(json::array({i, more...}));
  return inputs;
}

void check_numbers(const std::vector<json>& answers, int count) {
  REQUIRE(answers.size() == static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) REQUIRE(answers[static_cast<std::size_t>(i)] == i);
}

std::size_t lines_in(const std::string& path) {
  std::ifstream file(path);
  return static_cast<std::size_t>(
      std::count(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>(), '\n'));
}

}  // namespace

TEST_CASE("at whatever task of a batch a worker kills itself, every value before it is known") {
  const test::ProcessAudit audit;
  const test::TemporaryDirectory directory;
  int rescued = 0;
  for (const std::string kind : {"native", "python"}) {
    // One by one, in the proof, at the edges of blocks, and far in.
    for (const int where : {0, 1, 3, 7, 63, 64, 65, 71, 72, 73, 200, 998}) {
      for (const int count : {999, 3000}) {
        CAPTURE(kind);
        CAPTURE(where);
        CAPTURE(count);
        Victim victim(kind);
        victim.begin("note_or_die_at", tasks(count, directory.path("ran"), where));
        while (victim.hear()) {
        }
        CHECK(victim.driver.end().signal == SIGKILL);
        victim.open_outbox();
        check_numbers(victim.answers, where);
        CHECK(victim.begun > victim.answers.size());
        rescued += victim.rescued;
      }
    }
  }
  // However slow the machine is, the first eight of a large batch are answered together.
  CHECK(rescued >= 2 * 3);
  // Each task before the deadly one has run, and that one itself.
  CHECK(lines_in(directory.path("ran")) ==
        2 * 2 * (0 + 1 + 3 + 7 + 63 + 64 + 65 + 71 + 72 + 73 + 200 + 998 + 12));
}

TEST_CASE("the tasks of earlier batches are counted, and what was sent is not taken twice") {
  for (const std::string kind : {"native", "python"}) {
    CAPTURE(kind);
    const test::TemporaryDirectory directory;
    Victim victim(kind);
    for (int batch = 0; batch < 3; ++batch) {
      victim.begin("note_or_die_at", tasks(1500, directory.path("ran"), -1));
      while (victim.answers.size() < 1500) REQUIRE(victim.hear());
      check_numbers(victim.answers, 1500);
      victim.answers.clear();
    }
    victim.begin("note_or_die_at", tasks(1500, directory.path("ran"), 1234));
    while (victim.hear()) {
    }
    victim.driver.end();
    victim.answers.insert(victim.answers.begin(), 4500, json(nullptr));
    victim.open_outbox();
    victim.answers.erase(victim.answers.begin(), victim.answers.begin() + 4500);
    check_numbers(victim.answers, 1234);
    CHECK(victim.begun > 4500 + 1234);
  }
}

TEST_CASE("a worker that is killed from outside at any moment has answered all that has run but one") {
  std::mt19937 random(std::random_device{}());
  for (const std::string kind : {"native", "python"}) {
    for (int round = 0; round < 10; ++round) {
      CAPTURE(kind);
      const test::TemporaryDirectory directory;
      Victim victim(kind);
      victim.begin("note_or_die_at", tasks(8'000, directory.path("ran"), -1));
      const auto enough = std::uniform_int_distribution<std::size_t>(0, 4'000)(random);
      while (victim.answers.size() < enough) REQUIRE(victim.hear());
      victim.driver.process().signal(SIGKILL);
      while (victim.hear()) {
      }
      victim.driver.end();
      victim.open_outbox();
      check_numbers(victim.answers, static_cast<int>(victim.answers.size()));
      const std::size_t ran = lines_in(directory.path("ran"));
      CHECK(ran >= victim.answers.size());
      CHECK(ran <= victim.answers.size() + 1);
      if (ran > victim.answers.size()) CHECK(victim.begun > victim.answers.size());
    }
  }
}

TEST_CASE("values of every kind, errors and exceptions are rescued from a Python worker as they are") {
  for (const std::string how : {"kill", "exit", "segv"}) {
    for (const int where : {70, 150, 1100, 2345}) {
      Victim living("python");
      living.begin("value_or_die_at", tasks(where, -1));
      while (living.answers.size() < static_cast<std::size_t>(where)) REQUIRE(living.hear());
      Victim victim("python");
      victim.begin("value_or_die_at", tasks(3000, where, how));
      while (victim.hear()) {
      }
      victim.driver.end();
      victim.open_outbox();
      CHECK(victim.answers == living.answers);
      CHECK(victim.begun > victim.answers.size());
    }
  }
}

TEST_CASE("children that functions fork and that return leave the outbox as it is") {
  Victim native("native");
  json inputs = json::array();
  for (int i = 0; i < 1000; ++i) inputs.push_back(json::array());
  native.begin("fork_and_return", inputs);
  while (native.answers.size() < 1000) REQUIRE(native.hear());
  CHECK(native.answers == std::vector<json>(1000, 0));

  Victim python("python");
  python.begin("fork_and_return", tasks(1000));
  while (python.answers.size() < 1000) REQUIRE(python.hear());
  for (int i = 0; i < 1000; ++i) REQUIRE(python.answers[static_cast<std::size_t>(i)] == json::array({i, 0}));

  for (Victim* const victim : {&native, &python}) {
    victim->driver.close_channel();
    victim->driver.end();
    victim->open_outbox();
    CHECK(victim->begun == 1000);
    CHECK(victim->rescued == 0);
  }
}

TEST_CASE("a worker for commands shows which command had begun") {
  test::WorkerDriver worker;
  CHECK(worker.hear().at("ready").at("outbox") == true);
  auto along = worker.take_descriptors();
  REQUIRE(along.size() == 1);
  CHECK(pool::read_outbox(along[0])->begun == 0);
  worker.tell_job({"sh", "-c", "[ $0 != die ] || kill -9 $PPID"});
  worker.hand_out(1, {"live", "live", "die", "live"});
  std::size_t heard = 0;
  for (json answer = worker.hear(); !answer.is_null(); answer = worker.hear())
    heard += answer.at("values").size();
  worker.end();
  const auto remains = pool::read_outbox(along[0]);
  CHECK(remains->begun == 3);
  for (const std::string_view line : pool::unheard_lines(*remains, heard).lines)
    heard += json::parse(line).at("values").size();
  CHECK(heard == 2);
}
