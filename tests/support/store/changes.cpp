#include "tests/support/store/changes.hpp"

namespace procpool::test {

using namespace store;

WallTime at(std::int64_t second) { return WallTime(std::chrono::seconds(1'800'000'000 + second)); }

JobAdded job_added(std::int64_t id, const std::string& name) {
  JobAdded added;
  added.job = JobId{id};
  added.uid = 1000;
  added.spec = R"({"verb":"map","argv":["echo","{}"],"name":")" + name +
               R"(","directory":"/srv","environment":["A=1","B=2"],"keep":true,"kill_after":5,"priority":3})";
  added.name = name;
  added.pool = "default";
  added.queued_at = at(id);
  return added;
}

InputsAdded inputs_added(std::int64_t id, std::uint64_t first, std::uint64_t count, bool last) {
  InputsAdded inputs{JobId{id}, first, count, "[", false, at(id), last};
  for (std::uint64_t i = first; i < first + count; ++i)
    inputs.items.append((i > first ? ",\"i" : "\"i") + std::to_string(i) + "\"");
  inputs.items.append("]");
  return inputs;
}

TasksStarted started(std::int64_t id, std::uint64_t first, std::uint64_t count, int attempt) {
  return {JobId{id}, first, count, attempt, at(id + 10), {4242, 987654321, "b00710-1d"}};
}

OutcomeAdded succeeded(std::int64_t id, std::uint64_t number, std::uint64_t first, std::uint64_t count) {
  OutcomeAdded added{JobId{id}, number, {}};
  Outcome& outcome = added.outcome;
  outcome.first = first;
  outcome.count = count;
  for (std::uint64_t i = first; i < first + count; ++i) {
    outcome.values.append((i > first ? "," : "") + std::to_string(i));
    outcome.inputs.append((i > first ? ",\"i" : "\"i") + std::to_string(i) + "\"");
    outcome.measures.push_back({0.25, 0.125, 2048});
  }
  outcome.worker = 4242;
  outcome.control_group = ControlGroup::tracking;
  outcome.queued_at = at(id);
  outcome.started_at = at(id + 10);
  return added;
}

OutcomeAdded failed(std::int64_t id, std::uint64_t number, std::uint64_t first) {
  OutcomeAdded added = succeeded(id, number, first);
  added.outcome.attempt = 3;
  added.outcome.state = TaskState::failed;
  added.outcome.values = R"({"exit":3})";
  added.outcome.error = TaskError{"ValueError", "bad number", "line 1\nline 2", "ENOENT"};
  added.outcome.inputs_are_base64 = true;
  added.outcome.measures = {{std::nullopt, 1e-9, std::nullopt}};
  return added;
}

OutcomeAdded large(std::int64_t id, std::uint64_t number, std::uint64_t first, std::size_t letters) {
  OutcomeAdded added = succeeded(id, number, first);
  added.outcome.values = '"' + std::string(letters, static_cast<char>('a' + number % 26)) + '"';
  return added;
}

JobEnded job_ended(std::int64_t id, TaskState state, std::uint64_t bytes) {
  JobEnded ended{JobId{id}, state, at(id + 10), at(id + 20), {}, bytes, {}};
  ended.tasks.of(state) = 1;
  return ended;
}

Push whole_job(std::int64_t id, const std::string& name, TaskState state) {
  return {job_added(id, name), inputs_added(id, 0, 1, true), started(id, 0, 1), succeeded(id, 0, 0),
          job_ended(id, state)};
}

Push queued_job(std::int64_t id) { return {job_added(id), inputs_added(id, 0, 1, true)}; }

}  // namespace procpool::test
