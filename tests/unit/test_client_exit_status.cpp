#include <doctest/doctest.h>

#include <string>

#include "client/exit_status.hpp"

using namespace procpool;
using namespace procpool::client;

namespace {

protocol::ReceivedRecord ended(TaskState state, std::string_view value = "", std::string errno_name = "") {
  protocol::ReceivedRecord record;
  record.state = state;
  record.value = value;
  if (state != TaskState::succeeded) record.error = TaskError{"code", "message", "", std::move(errno_name)};
  return record;
}

template <class... Records>
int status_of(Verb verb, const Records&... records) {
  Outcome outcome(verb);
  (outcome.took(records), ...);
  return outcome.exit_status(false);
}

const auto good = ended(TaskState::succeeded);
const auto failed = ended(TaskState::failed);
const auto timed_out = ended(TaskState::timed_out);
const auto not_found = ended(TaskState::not_launched, "", "ENOENT");

}  // namespace

TEST_CASE("everything succeeded, or there was nothing to do") {
  CHECK(status_of(Verb::map) == 0);
  CHECK(status_of(Verb::map, good, good) == 0);
}

TEST_CASE("a task that failed, was cancelled or was lost is status 1") {
  CHECK(status_of(Verb::map, good, failed) == 1);
  CHECK(status_of(Verb::map, ended(TaskState::cancelled)) == 1);
  CHECK(status_of(Verb::map, ended(TaskState::lost)) == 1);
  CHECK(status_of(Verb::map, timed_out, not_found, failed) == 1);
}

TEST_CASE("what could not be launched says why") {
  CHECK(status_of(Verb::apply, not_found) == 127);
  CHECK(status_of(Verb::apply, ended(TaskState::not_launched, "", "EACCES")) == 126);
  CHECK(status_of(Verb::apply, ended(TaskState::not_launched, "", "ENOEXEC")) == 126);
  CHECK(status_of(Verb::apply, ended(TaskState::not_launched)) == 125);
  CHECK(status_of(Verb::map, good, timed_out, not_found) == 127);
}

TEST_CASE("what halting has cancelled is no trouble of its own, and a job that has succeeded is status 0") {
  const auto status_of_job = [](TaskState state, const reply::TaskCounts& tasks) {
    protocol::ReceivedJob job;
    job.state = state;
    job.tasks = tasks;
    Outcome outcome(Verb::map);
    outcome.ended(job);
    return outcome.exit_status(false);
  };
  reply::TaskCounts tasks;
  tasks.succeeded = 1;
  tasks.cancelled = 5;
  CHECK(status_of_job(TaskState::succeeded, tasks) == 0);
  CHECK(status_of_job(TaskState::cancelled, tasks) == 1);
  tasks.timed_out = 1;
  CHECK(status_of_job(TaskState::failed, tasks) == 124);
  CHECK(status_of_job(TaskState::succeeded, tasks) == 0);
  tasks.failed = 1;
  CHECK(status_of_job(TaskState::failed, tasks) == 1);
  CHECK(status_of_job(TaskState::succeeded, tasks) == 0);
}

TEST_CASE("time limits are the status if there is no other trouble") {
  CHECK(status_of(Verb::map, good, timed_out) == 124);
  CHECK(status_of(Verb::apply, ended(TaskState::timed_out,
                                     R"({"exit":null,"signal":"TERM","stdout":"","stderr":""})")) == 124);
}

TEST_CASE("a single command that ran gives its own status") {
  const auto exited = ended(TaskState::failed, R"({"exit":3,"signal":null,"stdout":"","stderr":""})");
  const auto killed = ended(TaskState::failed, R"({"exit":null,"signal":"KILL","stdout":"","stderr":""})");
  CHECK(status_of(Verb::apply, exited) == 3);
  CHECK(status_of(Verb::run, exited) == 3);
  CHECK(status_of(Verb::apply, killed) == 128 + 9);
  CHECK(status_of(Verb::map, exited) == 1);
}

TEST_CASE("the value of a function that failed is no command's") {
  CHECK(status_of(Verb::apply, ended(TaskState::failed, R"({"a":1})")) == 1);
  CHECK(status_of(Verb::apply, ended(TaskState::failed, "12")) == 1);
}

TEST_CASE("an interrupted job is 130, whatever became of it") {
  CHECK(Outcome(Verb::map).exit_status(true) == 130);
  Outcome outcome(Verb::apply);
  outcome.took(failed);
  CHECK(outcome.exit_status(true) == 130);
}

TEST_CASE("the job's counts are better than what was seen, and a cancelled job is no success") {
  protocol::ReceivedJob job;
  job.tasks.succeeded = 5;
  Outcome outcome(Verb::imap);
  outcome.succeeded(1);
  outcome.ended(job);
  CHECK(outcome.exit_status(false) == 0);
  job.state = TaskState::cancelled;
  outcome.ended(job);
  CHECK(outcome.exit_status(false) == 1);
  job.tasks.failed = 1;
  outcome.ended(job);
  CHECK(outcome.exit_status(false) == 1);
}

TEST_CASE("errors of our own, and refusals") {
  CHECK(exit_status_of(Error(ErrorCode::no_such_job, "")) == 125);
  CHECK(exit_status_of(Error(ErrorCode::connection_lost, "")) == 125);
  CHECK(exit_status_of(Error(ErrorCode::queue_full, "")) == 125);
  CHECK(exit_status_of(Error(ErrorCode::pool_broken, "")) == 125);
  CHECK(exit_status_of(Error(ErrorCode::timed_out, "")) == 124);
  CHECK(exit_status_of(Error(ErrorCode::invalid_parameter, "")) == 2);
}
