// When a task that did not succeed is tried again, and after how long.

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "common/job/retry.hpp"
#include "common/job/spec.hpp"

using namespace procpool;

namespace {

Outcome failed(const std::string& code, const std::string& value = "") {
  Outcome outcome;
  outcome.state = TaskState::failed;
  outcome.error = TaskError{code, "what happened", "", ""};
  outcome.values = value;
  return outcome;
}

Outcome exited(int status) {
  return failed("exit_status",
                R"({"exit":)" + std::to_string(status) + R"(,"signal":null,"stdout":"signal","stderr":""})");
}

Outcome killed(const std::string& signal) {
  return failed("signal", R"({"exit":null,"signal":")" + signal + R"(","stdout":"","stderr":""})");
}

Outcome ended(TaskState state) {
  Outcome outcome;
  outcome.state = state;
  return outcome;
}

bool retried(std::initializer_list<const char*> on, const Outcome& outcome) {
  RetryPolicy policy;
  policy.count = 1;
  for (const char* text : on) policy.on.push_back(parse_retry_condition(text).value());
  return retry_after(policy, 1, outcome, 0.5).has_value();
}

std::string complaint(const std::string& text) {
  const auto condition = parse_retry_condition(text);
  return condition ? "" : condition.error().message();
}

}  // namespace

TEST_CASE("nothing is tried again unless retries were asked for") {
  CHECK_FALSE(retry_after(RetryPolicy{}, 1, exited(1), 0.5));
}

TEST_CASE("without conditions a task is tried again that failed, timed out or was lost") {
  CHECK(retried({}, exited(1)));
  CHECK(retried({}, killed("SEGV")));
  CHECK(retried({}, failed("ValueError")));
  CHECK(retried({}, ended(TaskState::timed_out)));
  CHECK(retried({}, ended(TaskState::lost)));
  CHECK_FALSE(retried({}, ended(TaskState::not_launched)));
}

TEST_CASE("a task that succeeded or was cancelled is never tried again, whatever was asked for") {
  for (const TaskState state : {TaskState::succeeded, TaskState::cancelled}) {
    CHECK_FALSE(retried({}, ended(state)));
    CHECK_FALSE(
        retried({"failed", "exit", "signal", "error", "timed_out", "lost", "not_launched"}, ended(state)));
  }
}

TEST_CASE("an exit status, or any but 0, can be named") {
  CHECK(retried({"exit=75"}, exited(75)));
  CHECK_FALSE(retried({"exit=75"}, exited(7)));
  CHECK(retried({"exit=7", "exit=75"}, exited(75)));
  CHECK(retried({"exit"}, exited(3)));
  CHECK(retried({"failed"}, exited(3)));
  CHECK_FALSE(retried({"exit"}, killed("KILL")));
  CHECK_FALSE(retried({"exit"}, failed("ValueError")));
  CHECK_FALSE(retried({"lost", "timed_out", "signal", "error"}, exited(3)));
}

TEST_CASE("a signal, or any, can be named") {
  CHECK(retried({"signal=KILL"}, killed("KILL")));
  CHECK(retried({"signal=SIGKILL"}, killed("KILL")));
  CHECK(retried({"signal=kill"}, killed("KILL")));
  CHECK(retried({"signal"}, killed("SEGV")));
  CHECK(retried({"failed"}, killed("SEGV")));
  CHECK_FALSE(retried({"signal=KILL"}, killed("TERM")));
  CHECK_FALSE(retried({"signal"}, exited(137)));
}

TEST_CASE("an exception, or any, can be named") {
  CHECK(retried({"error=ValueError"}, failed("ValueError")));
  CHECK_FALSE(retried({"error=ValueError"}, failed("KeyError")));
  CHECK(retried({"error"}, failed("KeyError")));
  CHECK(retried({"error=invalid_value"}, failed("invalid_value")));
  CHECK(retried({"failed"}, failed("KeyError")));
  CHECK_FALSE(retried({"error"}, exited(1)));
}

TEST_CASE("states can be named, one by one") {
  CHECK(retried({"lost"}, ended(TaskState::lost)));
  CHECK_FALSE(retried({"lost"}, ended(TaskState::timed_out)));
  CHECK(retried({"timed_out"}, ended(TaskState::timed_out)));
  CHECK(retried({"not_launched"}, ended(TaskState::not_launched)));
  CHECK_FALSE(retried({"failed"}, ended(TaskState::lost)));
}

TEST_CASE("a value that says nothing fits no status that was named") {
  for (const char* value : {"", "null", "{}", "[", R"({"exit":"75"})", R"({"exit":-1})"}) {
    CAPTURE(value);
    CHECK(retried({"exit"}, failed("exit_status", value)));
    CHECK_FALSE(retried({"exit=75"}, failed("exit_status", value)));
  }
}

TEST_CASE("after as many retries as were asked for it is over") {
  RetryPolicy policy;
  policy.count = 2;
  CHECK(retry_after(policy, 1, exited(1), 0.5));
  CHECK(retry_after(policy, 2, exited(1), 0.5));
  CHECK_FALSE(retry_after(policy, 3, exited(1), 0.5));
}

TEST_CASE("the pauses double, and chance makes each a quarter shorter to a quarter longer") {
  RetryPolicy policy;
  policy.count = most_retries;
  policy.delay = Seconds(2);
  const auto pause = [&](int attempts, double chance) {
    return retry_after(policy, attempts, exited(1), chance)->count();
  };
  CHECK(pause(1, 0.5) == doctest::Approx(2));
  CHECK(pause(2, 0.5) == doctest::Approx(4));
  CHECK(pause(3, 0.5) == doctest::Approx(8));
  CHECK(pause(1, 0) == doctest::Approx(1.5));
  CHECK(pause(1, 1) == doctest::Approx(2.5));
  for (int attempt = 1; attempt < 10; ++attempt) CHECK(pause(attempt, 1) < pause(attempt + 1, 0));
}

TEST_CASE("the pauses grow to an hour, but a first one that is longer stays") {
  RetryPolicy policy;
  policy.count = most_retries;
  CHECK(retry_after(policy, 13, exited(1), 0.5)->count() == doctest::Approx(3600));
  CHECK(retry_after(policy, most_retries, exited(1), 1)->count() == doctest::Approx(4500));
  policy.delay = Seconds(7200);
  CHECK(retry_after(policy, 1, exited(1), 0.5)->count() == doctest::Approx(7200));
  CHECK(retry_after(policy, 5, exited(1), 0.5)->count() == doctest::Approx(7200));
  policy.delay = Seconds(0);
  CHECK(retry_after(policy, 5, exited(1), 1)->count() == 0);
}

TEST_CASE("a condition is written as it was read") {
  for (const char* text : {"failed", "exit", "exit=75", "signal", "signal=KILL", "signal=RTMIN+1", "error",
                           "error=ValueError", "timed_out", "lost", "not_launched"})
    CHECK(text_of(parse_retry_condition(text).value()) == text);
}

TEST_CASE("what is no condition is told in a sentence") {
  CHECK(complaint("often").find("must be exit, exit=N, signal") == 0);
  CHECK(complaint("often").find("not 'often'") != std::string::npos);
  CHECK_FALSE(complaint("").empty());
  CHECK_FALSE(complaint("cancelled").empty());
  for (const char* text : {"exit=", "exit=0", "exit=256", "exit=x", "exit=7 ", "exit=-1"})
    CHECK(complaint(text).find("from 1 to 255") != std::string::npos);
  for (const char* text : {"signal=", "signal=SIG", "signal=KI LL"})
    CHECK(complaint(text).find("name of a signal") != std::string::npos);
  CHECK(complaint("error=").find("type of an exception") != std::string::npos);
  CHECK(complaint("lost=1").find("nothing behind 'lost'") != std::string::npos);
}
