#include "daemon/worker/command_answer.hpp"

#include <array>
#include <charconv>
#include <csignal>
#include <utility>

#include "common/job/command_value.hpp"

namespace procpool::worker {
namespace {

std::string text_of(Seconds seconds) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), seconds.count());
  return std::string(digits.data(), end);
}

struct Verdict {
  TaskState state;
  TaskError error;
};

/// Who does not end by SIGXCPU is killed a second of CPU time later. The kernel does not
/// say that this was the reason, but what it had used tells.
bool was_killed_for_cpu_time(const os::WaitStatus& status, const ProcessLimits& limits) {
  constexpr double short_of_the_second = 0.5;
  return status.signal == SIGKILL && limits.cpu_seconds &&
         status.cpu_seconds > static_cast<double>(*limits.cpu_seconds) + short_of_the_second;
}

/// What the bounds of all of its processes together had to do with it.
std::string said_of(const BoundEvents& bound, const ProcessLimits& limits) {
  std::string text;
  if (bound.killed_for_memory > 0)
    text += ": out of memory: all of its processes together went beyond its memory limit of " +
            std::to_string(limits.memory.value_or(0)) + " bytes";
  if (bound.refused_processes > 0)
    text +=
        ": it was refused more processes than its limit of " + std::to_string(limits.processes.value_or(0));
  return text;
}

Verdict verdict_on(const CommandEnd& end, const worker_message::Job& job) {
  if (!end.stop) {
    const char* code = end.status.exit_status ? "exit_status" : "signal";
    std::string reason = end.status.describe(job.limits);
    if (was_killed_for_cpu_time(end.status, job.limits))
      reason += ": probably its CPU time limit of " + std::to_string(*job.limits.cpu_seconds) + " s ran out";
    reason += said_of(end.bound, job.limits);
    return {TaskState::failed, {code, std::move(reason), "", ""}};
  }
  switch (end.stop->why) {
    case Stop::Why::time_limit:
      return {
          TaskState::timed_out,
          {"timed_out", "time limit of " + text_of(job.timeout.value_or(Seconds(0))) + " s ran out", "", ""}};
    case Stop::Why::cancelled: return {TaskState::cancelled, {"cancelled", end.stop->reason, "", ""}};
    case Stop::Why::worker_leaves: break;
  }
  return {TaskState::cancelled, {"cancelled", "the worker was told to leave", "", ""}};
}

}  // namespace

bool has_succeeded(const CommandEnd& end) { return !end.stop && end.status.succeeded(); }

Measures measures_of(const CommandEnd& end) {
  return {end.seconds.count(), end.status.cpu_seconds, end.status.max_rss_kib};
}

std::string value_of(CommandEnd& end) {
  return to_json(CommandValue{end.status.exit_status,
                              end.status.signal == 0 ? "" : os::signal_name(end.status.signal),
                              std::move(end.out), std::move(end.err)});
}

std::string answer_of(const worker_message::ReceivedBatch& batch, CommandEnd end,
                      const worker_message::Job& job) {
  const Measures measures = batch.measure ? measures_of(end) : Measures{};
  const std::uint64_t passed = end.out.passed + end.err.passed;
  std::string json = value_of(end);
  if (has_succeeded(end))
    return worker_message::encode_succeeded(batch.number, {std::move(json)}, {measures}, passed);
  Verdict verdict = verdict_on(end, job);
  return worker_message::encode(
      worker_message::Ended{batch.number, verdict.state, std::move(verdict.error), json, measures, passed});
}

std::string answer_of(const worker_message::ReceivedBatch& batch, const os::LaunchFailure& failure) {
  Measures measures;
  if (batch.measure) measures = {0.0, 0.0, 0};
  // The name tells a command that is not there (127) from one that cannot be executed
  // (126); where it would tell of a directory or an input file, it is left out (125).
  const bool is_about_the_command = failure.stage == os::LaunchStage::execute;
  TaskError error{"not_launched", failure.describe(), "", is_about_the_command ? failure.errno_name() : ""};
  return worker_message::encode(
      worker_message::Ended{batch.number, TaskState::not_launched, std::move(error), "", measures});
}

}  // namespace procpool::worker
