#include "daemon/worker/command_run.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "common/os/channel_pair.hpp"
#include "common/overloaded.hpp"

namespace procpool::worker {
namespace {

/// What a command gets to end by itself when its worker leaves. The daemon may have been
/// killed: all of it must be gone, and reaped by whoever reaps orphans, in two seconds.
constexpr Seconds farewell{0.5};

/// The two pipes of a command; none where nothing is captured.
///
/// As long as the command lives we hold the writing ends, too. So what wakes us is what it
/// prints and its own end, and not that it closes one stream after the other on its way there.
struct Output {
  CapturedPipe out{os::Fd(), 0};
  CapturedPipe err{os::Fd(), 0};
  os::Fd out_writing;
  os::Fd err_writing;

  bool ended() const { return out.descriptor() < 0 && err.descriptor() < 0; }

  /// Only those whom the command has left behind may still write.
  void command_ended() {
    out_writing.reset();
    err_writing.reset();
    out.read_some();
    err.read_some();
  }
};

class CommandRun {
 public:
  CommandRun(os::Child child, Output output, const CommandLimits& limits, TimePoint started,
             std::int64_t batch, Inbox& inbox, os::Household& household, Errand* errand)
      : household_(household),
        child_(std::move(child)),
        member_(std::in_place, household, child_.pid(), ""),
        output_(std::move(output)),
        started_(started),
        batch_(batch),
        limits_(limits),
        inbox_(inbox),
        errand_(errand) {
    Running running{std::nullopt, limits.kill_after};
    if (limits.timeout) running.limit_at = after(started, *limits.timeout);
    state_ = running;
  }

  CommandEnd watch_to_the_end() {
    obey_inbox();
    while (!std::holds_alternative<Ended>(state_)) {
      wait();
      inbox_.receive(waits_);
      obey_inbox();
      read(Source::out, output_.out);
      read(Source::err, output_.err);
      if (waits_.ready(Source::process)) reap();
      if (output_.ended()) apply(OutputEnded{});
      apply(TimePassed{});
    }
    auto& ended = std::get<Ended>(state_);
    CommandEnd end{ended.status, std::move(ended.stop), seconds_, output_.out.take(), output_.err.take(), {}};
    end.large_out = output_.out.take_large();
    end.large_err = output_.err.take_large();
    return end;
  }

 private:
  void wait() {
    inbox_.watch_with(waits_);
    waits_.watch(Source::process, child_.pidfd());
    waits_.watch(Source::out, output_.out.descriptor());
    waits_.watch(Source::err, output_.err.descriptor());
    const auto deadline = deadline_of(state_);
    const auto due = errand_ != nullptr ? errand_->due() : std::nullopt;
    waits_.wait(deadline && due ? std::min(deadline, due) : deadline ? deadline : due);
    if (due && Clock::now() >= *due) errand_->run();
  }

  void obey_inbox() {
    while (auto control = inbox_.take_control(batch_))
      std::visit([this](const auto& order) { obey(order); }, *control);
    obey_state(inbox_.state());
  }

  void obey_state(Inbox::State state) {
    if (state == Inbox::State::serving) return;
    const bool is_shepherded = limits_.outlives_daemon.has_value();
    if (state == Inbox::State::deserted && is_shepherded) return;
    if (state == Inbox::State::dismissed && is_shepherded)
      return apply(StopRequested{{Stop::Why::cancelled, "cancelled"}, SIGTERM, limits_.kill_after});
    apply(StopRequested{{Stop::Why::worker_leaves, ""}, SIGTERM, farewell});
  }

  void obey(const worker_message::Cancel& order) {
    const int signal = os::signal_number(order.signal).value_or(SIGTERM);
    apply(StopRequested{{Stop::Why::cancelled, order.reason}, signal, order.kill_after});
  }

  void obey(const worker_message::Signal& order) {
    if (const auto number = os::signal_number(order.name)) child_.signal_group(*number);
  }

  void read(Source source, CapturedPipe& pipe) {
    if (!waits_.ready(source)) return;
    if (waits_.at_end(source)) {
      pipe.close();
    } else {
      pipe.read_some();
    }
  }

  /// What is left of the group goes first, while its leader, dead but not reaped,
  /// still holds the group's number for us; then what had left the group.
  void reap() {
    seconds_ = Clock::now() - started_;
    child_.signal_group(SIGKILL);
    const os::WaitStatus status = child_.reap();
    member_.reset();
    household_.end_strays();
    output_.command_ended();
    apply(Exited{status});
  }

  void apply(const RunEvent& event) {
    RunStep step = next(std::move(state_), event, Clock::now());
    state_ = std::move(step.state);
    if (step.signal == 0) return;
    signal_tree(step.signal);
    if (step.signal != SIGKILL) signal_tree(SIGCONT);  // a stopped process would not hear of it
  }

  void signal_tree(int number) {
    child_.signal_group(number);
    household_.signal_outside_group_of(child_, number);
  }

  os::Household& household_;
  os::Child child_;
  std::optional<os::Household::Member> member_;
  Output output_;
  TimePoint started_;
  Seconds seconds_{0};
  std::int64_t batch_;
  CommandLimits limits_;
  Inbox& inbox_;
  Errand* errand_;  // nullptr for none
  WaitSet waits_;
  RunState state_;
};

struct PipePair {
  os::Pipe out;
  os::Pipe err;
};

/// Only our ends must never block; what the command holds is as any program expects it.
std::variant<PipePair, os::LaunchFailure> make_pipes() {
  auto out = os::make_pipe();
  if (!out) return os::LaunchFailure{os::LaunchStage::streams, out.error().saved_errno(), ""};
  auto err = os::make_pipe();
  if (!err) return os::LaunchFailure{os::LaunchStage::streams, err.error().saved_errno(), ""};
  if (fcntl(out->read.get(), F_SETFL, O_NONBLOCK) < 0 || fcntl(err->read.get(), F_SETFL, O_NONBLOCK) < 0)
    return os::LaunchFailure{os::LaunchStage::streams, errno, ""};
  return PipePair{std::move(*out), std::move(*err)};
}

CapturedPipe captured(os::Fd read_end, OutputStream stream, const CommandLimits& limits) {
  if (!limits.outlives_daemon) return {std::move(read_end), *limits.capture, limits.keep};
  const LivePlace& place = *limits.outlives_daemon;
  return {std::move(read_end), *limits.capture,
          LiveOutput(live_output::path_of(place.spool, stream), place.index, *limits.capture)};
}

}  // namespace

std::variant<CommandEnd, os::LaunchFailure> run_command(os::ChildPlan& plan, const CommandLimits& limits,
                                                        std::int64_t batch, Inbox& inbox,
                                                        os::Household& household, Errand* errand) {
  const TimePoint started = Clock::now();
  Output output;
  if (limits.capture) {
    auto made = make_pipes();
    if (auto* failure = std::get_if<os::LaunchFailure>(&made)) return std::move(*failure);
    auto& pipes = std::get<PipePair>(made);
    plan.standard_output = pipes.out.write.get();
    plan.standard_error = pipes.err.write.get();
    output = {captured(std::move(pipes.out.read), OutputStream::out, limits),
              captured(std::move(pipes.err.read), OutputStream::err, limits), std::move(pipes.out.write),
              std::move(pipes.err.write)};
  }
  auto spawned = os::spawn(plan);
  if (auto* failure = std::get_if<os::LaunchFailure>(&spawned)) return std::move(*failure);
  return CommandRun(std::get<os::Child>(std::move(spawned)), std::move(output), limits, started, batch, inbox,
                    household, errand)
      .watch_to_the_end();
}

}  // namespace procpool::worker
