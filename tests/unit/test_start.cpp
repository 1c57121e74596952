// What a job waits for before it starts: on the command line, on the wire, and the times
// of RFC 3339.

#include <doctest/doctest.h>

#include <string>

#include "common/job/start.hpp"
#include "common/json/view.hpp"
#include "common/protocol/spec_codec.hpp"
#include "common/protocol/time_text.hpp"

using namespace procpool;

namespace {

/// What is wrong with a job that has these members; empty if nothing is.
std::string complaint(const std::string& members) {
  const std::string text = R"({"spec":{"verb":"apply","function":"f",)" + members + "}}";
  json::ObjectReader in(json::check(text).value());
  protocol::read_job_spec(in, "spec");
  const auto good = in.finish();
  return good ? "" : in.field() + ": " + good.error().message();
}

JobSpec read(const std::string& members) {
  const std::string text = R"({"spec":{"verb":"apply","function":"f",)" + members + "}}";
  json::ObjectReader in(json::check(text).value());
  JobSpec spec = protocol::read_job_spec(in, "spec");
  REQUIRE(in.finish());
  return spec;
}

std::string in_utc(const std::string& rfc3339) {
  const auto time = protocol::parse_rfc3339(rfc3339);
  return time ? protocol::to_rfc3339(*time) : "no time";
}

}  // namespace

TEST_CASE("another job is waited for, for its success unless something else is said") {
  CHECK(*parse_dependency("7") == Dependency{JobId{7}, EndCondition::success});
  CHECK(*parse_dependency("7:failure") == Dependency{JobId{7}, EndCondition::failure});
  CHECK(*parse_dependency("7:any") == Dependency{JobId{7}, EndCondition::any});
  for (const char* text : {"7", "7:failure", "7:any"}) CHECK(text_of(*parse_dependency(text)) == text);
  CHECK(text_of(*parse_dependency("7:success")) == "7");
  for (const char* text :
       {"", "0", "-1", "x", "7:", "7:often", "7:success:any", ":any", "7 ", "+7", "99999999999999999999"}) {
    CAPTURE(text);
    REQUIRE_FALSE(parse_dependency(text));
    CHECK(parse_dependency(text).error().message().find("must be a job id") == 0);
  }
}

TEST_CASE("a time is read with its offset and its fraction") {
  CHECK(in_utc("2026-11-21T03:04:05Z") == "2026-11-21T03:04:05.000000Z");
  CHECK(in_utc("2026-11-21t03:04:05.678901z") == "2026-11-21T03:04:05.678901Z");
  CHECK(in_utc("2026-11-21 04:04:05+01:00") == "2026-11-21T03:04:05.000000Z");
  CHECK(in_utc("2026-11-20T21:34:05.5-05:30") == "2026-11-21T03:04:05.500000Z");
  CHECK(in_utc("2028-02-29T00:00:00.1234567899999Z") == "2028-02-29T00:00:00.123456Z");
  CHECK(in_utc("2016-12-31T23:59:60Z") == "2017-01-01T00:00:00.000000Z");
  CHECK(in_utc("2199-12-31T23:59:59Z") == "2199-12-31T23:59:59.000000Z");
}

TEST_CASE("what is no time is none") {
  for (const char* text :
       {"", "soon", "2026-11-21", "2026-11-21T03:04:05", "2026-11-21T03:04Z", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T03:60:00Z", "2026-11-21T03:04:61Z",
        "2026-11-21T03:04:05.Z", "2026-11-21T03:04:05+1:00", "2026-11-21T03:04:05+0100",
        "2026-11-21T03:04:05Zx", "1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "+026-11-21T03:04:05Z"}) {
    CAPTURE(text);
    CHECK(in_utc(text) == "no time");
  }
}

TEST_CASE("a job has what was asked for") {
  const JobSpec spec = read(R"("retries":2,"retry_delay":0.5,"retry_on":["exit","lost"],"delay":3,
      "after":[{"job":7},{"job":8,"condition":"any"}],"unique":"key","if_exists":"refuse")");
  CHECK(spec.retry.count == 2);
  CHECK(spec.retry.delay == Seconds(0.5));
  CHECK(spec.retry.on.size() == 2);
  CHECK(spec.start.delay == Seconds(3));
  CHECK(spec.start.after ==
        std::vector{Dependency{JobId{7}, EndCondition::success}, Dependency{JobId{8}, EndCondition::any}});
  CHECK(spec.unique.key == "key");
}

TEST_CASE("who says what is tried again, and not how often, means once") {
  CHECK(read(R"("retry_on":["lost"])").retry.count == 1);
  CHECK(read(R"("retry_on":["lost"],"retries":0)").retry.count == 0);
  CHECK(read(R"("retry_on":[])").retry.count == 0);
  CHECK(read(R"("name":"x")").retry.count == 0);
}

TEST_CASE("what cannot be meant is refused by name") {
  CHECK(complaint(R"("retries":-1)").find("spec.retries") == 0);
  CHECK(complaint(R"("retries":100001)").find("spec.retries") == 0);
  CHECK(complaint(R"("retry_delay":-1)").find("spec.retry_delay") == 0);
  CHECK(complaint(R"("retry_on":["often"])").find("spec.retry_on") == 0);
  CHECK(complaint(R"("halt":"soon")").find("spec.halt") == 0);
  CHECK(complaint(R"("after":[{"job":0}])").find("spec.after") == 0);
  CHECK(complaint(R"("after":[{"job":1,"condition":"often"}])").find("success, failure or any") !=
        std::string::npos);
  CHECK(complaint(R"("after":[{"job":1,"when":"any"}])").find("spec.after") == 0);
  CHECK(complaint(R"("delay":1,"not_before":"2026-11-21T03:04:05Z")").find("exclude each other") !=
        std::string::npos);
  CHECK(complaint(R"("not_before":"soon")").find("must be a time like") != std::string::npos);
  CHECK(complaint(R"("unique":"")").find("spec.unique") == 0);
  CHECK(complaint(R"("unique":")" + std::string(256, 'x') + "\"").find("1 to 255 bytes") !=
        std::string::npos);
  CHECK(complaint(R"("if_exists":"get")").find("spec.if_exists") == 0);
  CHECK(complaint(R"("unique":"x","if_exists":"get")").find("'keep' only") != std::string::npos);
  CHECK(complaint(R"("unique":"x","if_exists":"get","keep":true)").empty());
}

TEST_CASE("lists on the wire are bounded") {
  std::string after = R"("after":[{"job":1})";
  for (std::size_t i = 0; i < most_dependencies; ++i) after += R"(,{"job":1})";
  CHECK(complaint(after + "]").find("more than 1000 entries") != std::string::npos);
  std::string on = R"("retry_on":["lost")";
  for (std::size_t i = 0; i < most_retry_conditions; ++i) on += R"(,"lost")";
  CHECK(complaint(on + "]").find("more than 100 entries") != std::string::npos);
}
