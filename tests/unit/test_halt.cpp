// The rule of --halt: how it is written, and when it is met.

#include <doctest/doctest.h>

#include <string>

#include "common/job/halt.hpp"
#include "daemon/scheduler/halting.hpp"

using namespace procpool;
using scheduler::Tally;

namespace {

HaltRule rule(const std::string& text) {
  const auto parsed = parse_halt_rule(text);
  REQUIRE_MESSAGE(parsed, text);
  return *parsed;
}

/// Of so many tasks, all of them known.
Tally of(std::uint64_t tasks, std::uint64_t succeeded, std::uint64_t failed) {
  return {succeeded, failed, tasks, true};
}

/// The same while inputs come.
Tally open(std::uint64_t tasks, std::uint64_t succeeded, std::uint64_t failed) {
  return {succeeded, failed, tasks, false};
}

bool met(const std::string& text, const Tally& tally) { return scheduler::is_reached(rule(text), tally); }

}  // namespace

TEST_CASE("a rule is read as it is written, and written as it was read") {
  CHECK(rule("now,fail=1") == HaltRule{HaltRule::When::now, HaltRule::What::fail, std::uint64_t{1}});
  CHECK(rule("soon,success=20") ==
        HaltRule{HaltRule::When::soon, HaltRule::What::success, std::uint64_t{20}});
  CHECK(rule("soon,done=0.5%") ==
        HaltRule{HaltRule::When::soon, HaltRule::What::done, HaltRule::Percentage{0.5}});
  for (const std::string text : {"now,fail=1", "soon,success=20", "now,done=100%", "soon,fail=0.1%",
                                 "now,done=1000000000000000", "soon,fail=33.3%"})
    CHECK(text_of(rule(text)) == text);
  CHECK(halt_reason(rule("soon,fail=3")) == "halted by soon,fail=3");
}

TEST_CASE("what cannot be meant is no rule, and the error says what could be") {
  for (const std::string text : {"",
                                 "now",
                                 "soon",
                                 "fail=1",
                                 "now,",
                                 "now,fail",
                                 "now,fail=",
                                 "now,fail=0",
                                 "now,fail=-1",
                                 "now,fail=+1",
                                 "now,fail=1.5",
                                 "now,fail=1 ",
                                 " now,fail=1",
                                 "Now,fail=1",
                                 "later,fail=1",
                                 "now,failed=1",
                                 "now,fail=0%",
                                 "now,fail=101%",
                                 "now,fail=%",
                                 "now,fail=-5%",
                                 "now,fail=nan%",
                                 "now,fail=inf%",
                                 "now,fail=1%%",
                                 "now,fail=1,done=1",
                                 "now;fail=1",
                                 "fail=1,now",
                                 "never",
                                 "now,fail=99999999999999999999"}) {
    CAPTURE(text);
    const auto parsed = parse_halt_rule(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message().find("must be now or soon") == 0);
    CHECK(parsed.error().message().find("not '" + text + "'") != std::string::npos);
  }
}

TEST_CASE("a number is met as soon as so many tasks have come to that end") {
  CHECK_FALSE(met("now,fail=2", open(10, 5, 1)));
  CHECK(met("now,fail=2", open(10, 0, 2)));
  CHECK(met("now,fail=2", of(10, 5, 7)));  // several may end together
  CHECK_FALSE(met("soon,success=1", of(10, 0, 9)));
  CHECK(met("soon,success=1", of(10, 1, 9)));
  CHECK_FALSE(met("soon,done=3", of(10, 1, 1)));
  CHECK(met("soon,done=3", of(10, 1, 2)));
  CHECK_FALSE(met("now,fail=1", of(0, 0, 0)));
}

TEST_CASE("a percentage is of all tasks of the job") {
  CHECK_FALSE(met("now,fail=10%", of(30, 20, 2)));
  CHECK(met("now,fail=10%", of(30, 20, 3)));
  CHECK(met("now,fail=10%", of(5, 0, 1)));
  CHECK_FALSE(met("now,success=50%", of(5, 2, 0)));
  CHECK(met("now,success=50%", of(5, 3, 0)));
  CHECK_FALSE(met("soon,done=100%", of(4, 2, 1)));
  CHECK(met("soon,done=100%", of(4, 2, 2)));
  CHECK_FALSE(met("soon,done=50%", of(0, 0, 0)));
}

TEST_CASE("while inputs come, a percentage of failures counts from the third on, and no other one") {
  CHECK_FALSE(met("now,fail=10%", open(2, 0, 2)));
  CHECK(met("now,fail=10%", open(3, 0, 3)));
  CHECK(met("now,fail=10%", open(30, 0, 3)));
  CHECK_FALSE(met("now,fail=10%", open(31, 0, 3)));
  CHECK_FALSE(met("now,success=10%", open(9, 9, 0)));
  CHECK_FALSE(met("now,done=10%", open(9, 4, 5)));
}
