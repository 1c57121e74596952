#include "daemon/worker/batch_run.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "common/json/base64.hpp"
#include "common/json/view.hpp"
#include "daemon/worker/command_answer.hpp"
#include "daemon/worker/live_output.hpp"

namespace procpool::worker {
namespace {

Result<std::string> decode_input(json::View text, bool base64) {
  const Error no_string(ErrorCode::invalid_parameter, "an input of a command that is no string");
  if (text.kind() != json::Kind::string) return no_string;
  std::string input = text.decoded_string();
  if (!base64) return input;
  auto bytes = json::base64_decode(input);
  if (!bytes) return no_string;
  return *std::move(bytes);
}

/// Opening a FIFO must not wait for its writer, as nobody would listen meanwhile.
os::Fd open_input_file(const std::string& path) {
  os::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file && fcntl(file.get(), F_SETFL, 0) < 0) file.reset();
  return file;
}

/// Is it want of something that others give back sooner or later: processes, memory,
/// descriptors, room on the disk?
bool may_pass(const os::LaunchFailure& failure) {
  const int reason = failure.saved_errno;
  const bool clones = failure.stage == os::LaunchStage::clone;
  if (clones && reason == EAGAIN) return true;
  const bool writes = failure.stage == os::LaunchStage::spool;
  if (writes && (reason == ENOSPC || reason == EDQUOT)) return true;
  const bool opens = clones || writes || failure.stage == os::LaunchStage::streams ||
                     failure.stage == os::LaunchStage::input_file;
  return opens && (reason == EMFILE || reason == ENFILE || reason == ENOMEM);
}

/// The pauses before a command is tried again that could not be started for the moment.
constexpr Seconds first_pause{0.05};
constexpr Seconds longest_pause{5};
/// After so long the moment is no moment any more.
constexpr Seconds patience{60};

bool is_spool_failure(const std::variant<CommandEnd, os::LaunchFailure>& outcome) {
  const auto* failure = std::get_if<os::LaunchFailure>(&outcome);
  return failure != nullptr && failure->stage == os::LaunchStage::spool;
}

bool stopped_because(const CommandEnd& end, Stop::Why why) { return end.stop && end.stop->why == why; }

}  // namespace

BatchRun::BatchRun(const worker_message::ReceivedBatch& batch, CommandJob& job, Channel& channel,
                   Inbox& inbox, os::Household& household, Outbox& outbox, WorkerGroup& group)
    : batch_(batch),
      job_(job),
      inbox_(inbox),
      household_(household),
      outbox_(outbox),
      group_(group),
      report_(batch, group.rung(), channel, inbox, outbox) {
  if (job.spec().command.uses_caller_stdio) caller_stdio_ = channel.take_descriptors(3);
  if (job.spec().pass_outputs)
    if (auto sockets = channel.take_descriptors(1); !sockets.empty())
      output_way_ = OutputWay(std::move(sockets.front()));
}

Result<void> BatchRun::run() {
  const auto ran = run_tasks();
  return ran ? report_.send() : ran;
}

Result<void> BatchRun::run_tasks() {
  for (; current_ < batch_.inputs.size(); ++current_) {
    if (leaves_rest_unanswered()) return {};
    if (!may_begin()) return drop_from(current_);
    const auto next = run_task(batch_.inputs[current_]);
    if (!next) return next.error();
    if (*next == Next::none) return drop_from(current_ + 1);
    if (*next == Next::not_begun) return drop_from(current_);
  }
  return {};
}

bool BatchRun::leaves_rest_unanswered() const {
  switch (inbox_.state()) {
    case Inbox::State::serving: return false;
    case Inbox::State::deserted:
    case Inbox::State::dismissed: return !report_.is_kept();
    case Inbox::State::leaving:
    case Inbox::State::broken: break;
  }
  return true;
}

bool BatchRun::may_begin() const {
  return inbox_.state() == Inbox::State::serving && !inbox_.is_cancelled(batch_.number);
}

/// `text` is the JSON of the input: a string, or null for none.
Result<BatchRun::Next> BatchRun::run_task(const std::string& text) {
  const auto checked = json::check(text);
  if (!checked) return checked.error();
  std::optional<std::string> input;
  if (!checked->is_null()) {
    auto decoded = decode_input(*checked, batch_.base64);
    if (!decoded) return decoded.error();
    input = std::move(*decoded);
  }
  auto outcome = execute_when_possible(input);
  if (!outcome) return Next::not_begun;
  return answer(*std::move(outcome));
}

std::optional<BatchRun::Outcome> BatchRun::execute_when_possible(const std::optional<std::string>& input) {
  const TimePoint give_up = after(Clock::now(), patience);
  for (Seconds pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
    // The daemon takes nothing back from a worker that has not offered it.
    if (!outbox_.begin()) return std::nullopt;
    Outcome outcome = execute(input);
    const auto* failure = std::get_if<os::LaunchFailure>(&outcome);
    const bool is_late = Clock::now() >= give_up;
    const bool is_no_fault = is_spool_failure(outcome);  // of the command
    if (failure == nullptr || !may_pass(*failure) || (is_late && !is_no_fault)) return outcome;
    outbox_.not_begun();
    if (is_late) {
      std::fprintf(stderr, "procpool-worker: %s: tasks are given back\n", failure->describe().c_str());
      return std::nullopt;
    }
    if (!report_.send() || !rest_for(pause)) return std::nullopt;
  }
}

/// False: it must not be tried again.
bool BatchRun::rest_for(Seconds pause) {
  const TimePoint end = after(Clock::now(), pause);
  while (Clock::now() < end) {
    WaitSet waits;
    inbox_.watch_with(waits);
    waits.wait(end);
    inbox_.receive(waits);
    if (!may_begin()) return false;
  }
  return true;
}

Result<BatchRun::Next> BatchRun::answer(Outcome outcome) {
  auto next = Next::goes_on;
  std::string line;
  if (auto* end = std::get_if<CommandEnd>(&outcome); end != nullptr && may_wait(*end)) {
    const Measures measures = measures_of(*end);
    if (const auto told = report_.tell_later(value_of(*end), batch_.measure ? &measures : nullptr); !told)
      return told.error();
    return next;
  }
  if (auto* end = std::get_if<CommandEnd>(&outcome)) {
    if (stopped_because(*end, Stop::Why::worker_leaves)) return next;
    if (stopped_because(*end, Stop::Why::cancelled)) next = Next::none;
    output_way_.pass(batch_.first + current_, *end);
    line = answer_of(batch_, std::move(*end), job_.spec());
  } else {
    if (is_spool_failure(outcome)) next = Next::none;  // the others would fare no better
    line = answer_of(batch_, std::get<os::LaunchFailure>(outcome));
  }
  // Who reads the command's output must not see it end later than the command.
  if (current_ + 1 == batch_.inputs.size()) caller_stdio_.clear();
  if (const auto told = report_.tell(line); !told) return told.error();
  if (report_.is_kept()) remove_live_output(batch_.spool);
  return report_.has_gap() ? Next::none : next;
}

/// Only what others follow, and what they do not wait for: nothing large, and no failure.
bool BatchRun::may_wait(const CommandEnd& end) const {
  constexpr std::size_t small = 1024;  // [bytes]
  const bool is_last = current_ + 1 == batch_.inputs.size();
  return !is_last && report_.may_wait() && has_succeeded(end) && !end.large_out && !end.large_err &&
         end.out.bytes.size() + end.err.bytes.size() <= small;
}

BatchRun::Outcome BatchRun::execute(const std::optional<std::string>& input) {
  if (auto failure = report_.begin(batch_.first + current_)) return *std::move(failure);
  os::ChildPlan& plan = job_.plan_for(batch_.first + current_, batch_.attempt, input);
  const worker_message::Job& spec = job_.spec();
  const bool is_captured = !spec.command.uses_caller_stdio;
  group_.bind(spec.limits, is_captured ? spec.capture : 0);
  Outcome outcome = is_captured ? execute_captured(plan) : execute_with_caller_stdio(plan);
  const BoundEvents bound = group_.release();
  if (auto* end = std::get_if<CommandEnd>(&outcome)) end->bound = bound;
  return outcome;
}

BatchRun::Outcome BatchRun::execute_with_caller_stdio(os::ChildPlan& plan) {
  if (caller_stdio_.size() != 3) return os::LaunchFailure{os::LaunchStage::streams, EBADF, ""};
  plan.standard_input = caller_stdio_[0].get();
  plan.standard_output = caller_stdio_[1].get();
  plan.standard_error = caller_stdio_[2].get();
  const worker_message::Job& spec = job_.spec();
  return run_command(plan, CommandLimits{spec.timeout, spec.kill_after, std::nullopt, live_place()},
                     batch_.number, inbox_, household_, &report_);
}

BatchRun::Outcome BatchRun::execute_captured(os::ChildPlan& plan) {
  const worker_message::Job& spec = job_.spec();
  os::Fd input_file;
  if (const std::string path = job_.input_path(); !path.empty()) {
    input_file = open_input_file(path);
    if (!input_file) return os::LaunchFailure{os::LaunchStage::input_file, errno, spec.command.stdin_path};
    plan.standard_input = input_file.get();
  }
  return run_command(
      plan, CommandLimits{spec.timeout, spec.kill_after, spec.capture, live_place(), output_way_.keep()},
      batch_.number, inbox_, household_, &report_);
}

std::optional<LivePlace> BatchRun::live_place() const {
  if (!report_.is_kept()) return std::nullopt;
  return LivePlace{batch_.spool, batch_.first + current_};
}

Result<void> BatchRun::drop_from(std::size_t first) {
  const std::size_t rest = batch_.inputs.size() - first;
  if (rest == 0) return {};
  return report_.tell_dropped(rest);
}

}  // namespace procpool::worker
