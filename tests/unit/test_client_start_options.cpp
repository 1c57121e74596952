// The options about when a job starts and how often, and the times of --at.

#include <doctest/doctest.h>

#include <stdlib.h>
#include <time.h>

#include <string>
#include <variant>
#include <vector>

#include "client/command_line.hpp"
#include "client/time_of.hpp"
#include "common/protocol/time_text.hpp"

using namespace procpool;
using namespace procpool::client;
using Words = std::vector<std::string>;

namespace {

template <class Kind>
Kind parse_as(const Words& words) {
  const Surroundings here{"/here", {}};
  auto invocation = parse_command_line(words, here);
  REQUIRE_MESSAGE(invocation, (invocation ? "" : invocation.error().message()));
  REQUIRE(std::holds_alternative<Kind>(invocation->action));
  return std::get<Kind>(invocation->action);
}

JobSpec spec_of(Words options) {
  options.insert(options.begin(), "apply");
  options.emplace_back("f");
  return parse_as<Submission>(options).spec;
}

/// A time as the user writes it, in UTC; seen from noon of that day in this time zone.
std::string in_utc(const std::string& text, const char* zone = "CET-1CEST,M3.5.0,M10.5.0/3") {
  setenv("TZ", zone, 1);
  tzset();
  const auto time = parse_time_of(text, *protocol::parse_rfc3339("2026-11-21T12:00:00+01:00"));
  setenv("TZ", "UTC0", 1);
  tzset();
  return time ? protocol::to_rfc3339(*time).substr(0, 19) : time.error().message();
}

}  // namespace

TEST_CASE("a job without these options starts at once, and once") {
  const JobSpec spec = spec_of({});
  CHECK(spec.retry == RetryPolicy{});
  CHECK_FALSE(spec.start.any());
  CHECK(spec.unique.key.empty());
}

TEST_CASE("halt: a rule, the last one said, or never") {
  CHECK_FALSE(spec_of({}).halt);
  CHECK(text_of(spec_of({"--halt", "now,fail=1", "--halt=soon,done=5%"}).halt.value()) == "soon,done=5%");
  CHECK_FALSE(spec_of({"--halt", "now,fail=1", "--halt", "never"}).halt);
  const auto refused = parse_command_line({"map", "--halt", "now", "f"}, Surroundings{"/here", {}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message().find("--halt must be now or soon") == 0);
}

TEST_CASE("retries: how often, after how long, and for what") {
  const JobSpec spec = spec_of(
      {"--retries", "3", "--retry-delay", "0.5", "--retry-on", "exit=75,signal=9", "--retry-on", "lost"});
  CHECK(spec.retry.count == 3);
  CHECK(spec.retry.delay == Seconds(0.5));
  REQUIRE(spec.retry.on.size() == 3);
  CHECK(text_of(spec.retry.on[0]) == "exit=75");
  CHECK(text_of(spec.retry.on[1]) == "signal=KILL");
  CHECK(text_of(spec.retry.on[2]) == "lost");
  CHECK(spec_of({"--retry-on", "lost"}).retry.count == 1);
  CHECK(spec_of({"--retries", "0", "--retry-on", "lost"}).retry.count == 0);
}

TEST_CASE("after others, one by one or in a list") {
  const JobSpec spec = spec_of({"--after", "7,8:failure", "--after", "9:any"});
  CHECK(spec.start.after == std::vector{Dependency{JobId{7}, EndCondition::success},
                                        Dependency{JobId{8}, EndCondition::failure},
                                        Dependency{JobId{9}, EndCondition::any}});
}

TEST_CASE("a delay, a time, and a key") {
  CHECK(spec_of({"--delay", "1.5"}).start.delay == Seconds(1.5));
  CHECK(spec_of({"--at", "@1800000000"}).start.not_before == WallTime(std::chrono::seconds(1'800'000'000)));
  CHECK(spec_of({"--unique", "nightly"}).unique.key == "nightly");
  CHECK(spec_of({"--async", "--unique", "nightly", "--if-exists", "get"}).unique.if_exists == IfExists::get);
}

TEST_CASE("run takes them too") {
  const auto run = parse_as<Submission>({"run", "--retries", "2", "--after", "7", "--", "true"});
  CHECK(run.spec.retry.count == 2);
  CHECK(run.spec.start.after.size() == 1);
}

TEST_CASE("a list of jobs is filtered, and jobs are forgotten by their ids") {
  const auto list =
      parse_as<request::ListJobs>({"jobs", "--pool", "py", "--name", "n", "--before", "9", "--limit", "5"});
  CHECK(list.pool == "py");
  CHECK(list.name == "n");
  CHECK(list.before == JobId{9});
  CHECK(list.limit == 5);
  CHECK(parse_as<request::Forget>({"jobs", "--forget", "7", "8"}).jobs == std::vector{JobId{7}, JobId{8}});
  CHECK(parse_as<request::Retry>({"retry", "7", "--failed"}).failed_only);
  CHECK_FALSE(parse_as<request::Retry>({"retry", "7"}).failed_only);
}

TEST_CASE("a time of day is the next one") {
  CHECK(in_utc("14:30") == "2026-11-21T13:30:00");
  CHECK(in_utc("14:30:15") == "2026-11-21T13:30:15");
  CHECK(in_utc("11:59") == "2026-11-22T10:59:00");
  CHECK(in_utc("12:00") == "2026-11-22T11:00:00");
  CHECK(in_utc("14:30", "UTC0") == "2026-11-21T14:30:00");
}

TEST_CASE("a day and a time are those of the user's zone, in summer and in winter") {
  CHECK(in_utc("2026-11-21 14:30") == "2026-11-21T13:30:00");
  CHECK(in_utc("2027-07-01 14:30:15") == "2027-07-01T12:30:15");
  CHECK(in_utc("2027-07-01T14:30") == "2027-07-01T12:30:00");
  CHECK(in_utc("2027-07-01T14:30:15") == "2027-07-01T12:30:15");
  // This one the clock leaves out.
  CHECK(in_utc("2027-03-28 02:30").starts_with("2027-03-28T0"));
}

TEST_CASE("a time with its offset, and seconds since 1970, are the same everywhere") {
  CHECK(in_utc("2027-07-01T14:30:00-05:00") == "2027-07-01T19:30:00");
  CHECK(in_utc("2027-07-01T14:30:00Z") == "2027-07-01T14:30:00");
  CHECK(in_utc("@1800000000") == "2027-01-15T08:00:00");
  CHECK(in_utc("@1800000000.5") == "2027-01-15T08:00:00");
  CHECK(in_utc("@0") == "1970-01-01T00:00:00");
}

TEST_CASE("what is no time is told in a sentence") {
  for (const char* text : {"",
                           " ",
                           "soon",
                           "25:00",
                           "14:60",
                           "14",
                           "@",
                           "@-1",
                           "@x",
                           "@1e300",
                           "@nan",
                           "@99999999999",
                           "2026-11-21",
                           "2026-13-01 00:00",
                           "2026-02-30 00:00",
                           "1969-01-01 00:00",
                           "2300-01-01 00:00",
                           "14:30 ",
                           " 14:30",
                           "14:30x",
                           "2026-11-21T14:30:00+1"}) {
    CAPTURE(text);
    CHECK(in_utc(text).find("must be a time like 14:30") == 0);
  }
}
