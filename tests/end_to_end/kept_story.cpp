#include "tests/end_to_end/kept_story.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <random>
#include <sstream>

#include "tests/support/processes.hpp"

namespace procpool::test {
namespace {

constexpr const char* story = R"(
keep() {
  tag=$1; shift
  if id=$(procpool --no-autostart "$@" 2>>errors); then echo "$id $tag" >>acknowledged; else echo "$tag" >>refused; fi
}
keep plain apply --async -- sh -c 'echo plain >>ran; echo out'
keep map map --async --chunksize 2 -- sh -c 'echo map.$0 >>ran; echo $0' {} ::: 1 2 3
keep large apply --async -- sh -c 'echo large >>ran; head -c 100000 /dev/zero | tr "\0" x'
keep retried apply --async --retries 1 --retry-delay 0 --retry-on exit=75 -- sh -c 'echo retried >>ran; exit 75'
keep called apply --async --callback 'echo $PROCPOOL_JOB >>callbacks' -- sh -c 'echo called >>ran'
keep gated apply --async -- sh -c 'echo gated >>ran; exec sleep 1000'
gated=$(sed -n 's/ gated//p' acknowledged 2>>errors)
[ -z "$gated" ] || { procpool --no-autostart cancel --grace 0 $gated 2>>errors && echo $gated >>cancelled; }
procpool --no-autostart apply --raw -- echo attached 2>>errors >attached
for id in $(cut -d' ' -f1 acknowledged 2>>errors); do
  timeout 20 procpool --no-autostart get --timeout 5 $id >got.$id 2>>errors
done
plain=$(sed -n 's/ plain//p' acknowledged 2>>errors)
[ -z "$plain" ] || { echo $plain >>to_forget
  procpool --no-autostart jobs --forget $plain 2>>errors && echo $plain >>forgotten; }
true
)";

std::map<std::string, int> counted(const std::string& text) {
  std::map<std::string, int> words;
  std::istringstream in(text);
  for (std::string word; in >> word;) ++words[word];
  return words;
}

bool is_final(const std::string& state) { return state != "queued" && state != "running"; }

}  // namespace

KeptStory::KeptStory(const std::string& program)
    : TestDaemon("[limits]\ndisk_free = 0\n" + command_pool(2), NotStarted{}),
      faults_(path("faults"), program) {}

void KeptStory::begin_with_faults() {
  survived_ = try_to_start_daemon(faults_.environment());
  if (!survived_) go_on_without_faults();
}

void KeptStory::tell() { run(story); }

void KeptStory::run(const std::string& line) {
  Program clients = start(line);
  const auto is_over = [&] {
    if (is_running()) return !clients.is_running();
    survived_ = false;
    go_on_without_faults();
    return false;
  };
  CHECK(wait_until(is_over, std::chrono::minutes(3)));
  CHECK(clients.finish().status == 0);
}

void KeptStory::go_on_without_faults() {
  wait_for_end();
  last_words_ = log();
  start_daemon();
}

void KeptStory::end_under_a_good_daemon() {
  signal_daemon(SIGTERM);
  CHECK(wait_until([&] { return !is_running(); }));
  wait_for_end();
  faults_.disarm();
  start_daemon();
}

void KeptStory::happen_and_be_checked() {
  begin_with_faults();
  tell();
  end_under_a_good_daemon();
  check_what_is_left();
}

std::set<std::string> KeptStory::lines_of(const std::string& name) const {
  std::set<std::string> lines;
  std::istringstream in(file(name));
  for (std::string line; std::getline(in, line);) lines.insert(line);
  return lines;
}

void KeptStory::check_what_is_left() {
  INFO("what the clients were told: ", file("errors"));
  const auto forgotten = lines_of("forgotten");
  const auto to_forget = lines_of("to_forget");
  const auto cancelled = lines_of("cancelled");
  for (const auto& job : json("jobs")) {
    // One whose client was not told its id goes on all the same.
    const std::string id = std::to_string(job["id"].get<int>());
    if (!is_final(job["state"]))
      sh(std::string("procpool wait --timeout ") + (cancelled.contains(id) ? "25 " : "1 ") + id);
    if (!is_final(this->job(id)["state"])) {
      CHECK_FALSE(cancelled.contains(id));
      say("procpool cancel --grace 0 " + id + " && procpool wait --timeout 20 " + id);
    }
  }
  const auto ran = counted(file("ran"));
  for (const auto& [task, times] : ran) {
    CAPTURE(task);
    CHECK(times <= (task == "retried" ? 2 : 1));
  }
  std::istringstream acknowledged(file("acknowledged"));
  std::set<int> ids;
  std::string tag;
  for (int id = 0; acknowledged >> id >> tag;) {
    CHECK(ids.insert(id).second);
    const std::string text = std::to_string(id);
    if (forgotten.contains(text)) continue;
    // Where it was not acknowledged it may be so or so.
    if (to_forget.contains(text) && sh("procpool show " + text).status != 0) continue;
    check_job(id, tag, ran);
  }
  CHECK(wait_until([&] { return say("ls state/spool") == ""; }));  // goes behind the outcome
  CHECK(say("python3 -c 'import sqlite3; print(sqlite3.connect(\"file:state/jobs.sqlite?mode=ro\", "
            "uri=True).execute(\"PRAGMA integrity_check\").fetchone()[0])'") == "ok");
}

void KeptStory::check_job(int id, const std::string& tag, const std::map<std::string, int>& ran) {
  CAPTURE(id);
  CAPTURE(tag);
  const auto record = job(std::to_string(id));
  const std::string state = record["state"];
  INFO(record.dump());
  const auto times = [&](const std::string& task) { return ran.contains(task) ? ran.at(task) : 0; };
  CHECK(is_final(state));
  if (tag == "gated") {
    CHECK(state != "succeeded");
    return;
  }
  if (state == "succeeded") {
    const Finished got = sh("procpool get " + std::to_string(id));
    CHECK(got.status == 0);
    const std::string told = file("got." + std::to_string(id));
    if (!told.empty()) CHECK(told == got.out);
    if (tag == "map") {
      for (const char* task : {"map.1", "map.2", "map.3"}) CHECK(times(task) == 1);
    } else {
      CHECK(times(tag) == 1);
    }
    if (tag == "called")
      CHECK(counted(file("callbacks")).contains(std::to_string(id)) == record["callback_failures"].empty());
    if (tag == "large") CHECK(got.out.size() > 100000);
  } else if (tag == "retried" && state == "failed") {
    CHECK(times(tag) == 2);
  } else {
    CHECK(state != "timed_out");
  }
}

std::set<std::uint64_t> points_of(std::uint64_t count, std::size_t as_a_rule) {
  const char* given = std::getenv("PROCPOOL_CRASH_POINTS");
  const std::string wanted = given != nullptr ? given : std::to_string(as_a_rule);
  std::set<std::uint64_t> points;
  const auto all_of = [&](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t point = first; point <= std::min(last, count); ++point) points.insert(point);
  };
  const std::size_t dash = wanted.find('-');
  if (wanted == "all") {
    all_of(1, count);
  } else if (dash != std::string::npos) {
    all_of(std::stoull(wanted.substr(0, dash)), std::stoull(wanted.substr(dash + 1)));
  } else {
    const char* seed = std::getenv("PROCPOOL_SEED");
    const std::uint64_t chosen = seed != nullptr ? std::strtoull(seed, nullptr, 10) : std::random_device{}();
    MESSAGE("PROCPOOL_SEED=", chosen);
    std::mt19937_64 random(chosen);
    const std::size_t number = std::min<std::size_t>(count, std::stoull(wanted));
    while (points.size() < number) points.insert(1 + random() % count);
  }
  MESSAGE(points.size(), " of ", count, " points");
  return points;
}

}  // namespace procpool::test
