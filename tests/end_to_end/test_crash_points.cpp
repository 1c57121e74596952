// The daemon, or a worker of it, ends itself at the Nth write, sync, rename, spawn and so on
// of a story of kept jobs: from its very first start, with an empty state directory, to its
// stop. A few N as a rule; PROCPOOL_CRASH_POINTS=all tries every one.

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/end_to_end/kept_story.hpp"

using namespace procpool::test;

namespace {

constexpr std::uint32_t what_others_see =
    file_write | file_sync | file_size | file_make | file_move | file_end | process | program | sending;

std::uint64_t calls_of_the_story(const std::string& program_name) {
  KeptStory story(program_name);
  story.faults().count(what_others_see);
  story.happen_and_be_checked();
  CHECK(story.survived());
  return story.faults().calls();
}

void end_at(const std::string& program_name, std::uint64_t point, std::int32_t action) {
  CAPTURE(point);
  KeptStory story(program_name);
  story.faults().arm(what_others_see, action, point, point);
  story.happen_and_be_checked();
  INFO("the call: ", story.faults().name_of_met());
}

}  // namespace

TEST_CASE("the daemon ends at any call: what was acknowledged is there, and nothing has run twice") {
  if (!FailingCalls::are_possible()) return;
  for (const std::uint64_t point : points_of(calls_of_the_story("procpoold"), 4))
    end_at("procpoold", point, point % 2 == 0 ? FaultPlan::kill : FaultPlan::tear);
}

TEST_CASE("a worker ends at any call: what was acknowledged is there, and nothing has run twice") {
  if (!FailingCalls::are_possible()) return;
  for (const std::uint64_t point : points_of(calls_of_the_story("procpool-worker"), 2))
    end_at("procpool-worker", point, point % 2 == 0 ? FaultPlan::kill : FaultPlan::tear);
}

TEST_CASE("a retry that the daemon's end kept from beginning is one of those that were asked for") {
  if (!FailingCalls::are_possible()) return;
  // The 1st call behind the answer of the first attempt, the 2nd, and so on: among them are
  // that the next attempt starts, and that a worker hears of it.
  for (std::uint64_t call = 1; call <= 8; ++call) {
    CAPTURE(call);
    KeptStory daemon("procpoold");
    daemon.begin_with_faults();
    const std::string id = daemon.say(
        "procpool apply --async --retries 1 --retry-delay 0 --retry-on exit=75 -- sh -c 'until [ -e go ]; do "
        "sleep "
        "0.01; done; echo >>tried; exit 75'");
    REQUIRE(wait_until([&] {
      const auto workers = daemon.pool("default")["workers"];
      return std::any_of(workers.begin(), workers.end(),
                         [](const auto& one) { return one["state"] == "busy"; });
    }));
    daemon.faults().arm(what_others_see, FaultPlan::kill, call, call);
    daemon.directory().write("go", "");
    daemon.run("until procpool --no-autostart wait " + id + "; do sleep 0.05; done");
    CHECK(daemon.file("tried") == "\n\n");
  }
}
