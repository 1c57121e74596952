#include "daemon/worker/batch_report.hpp"

#include <algorithm>
#include <cstdio>

#include "daemon/worker/run_state.hpp"

namespace procpool::worker {
namespace {

/// The pauses before a line is written again that found no room.
constexpr Seconds first_pause{0.05};
constexpr Seconds longest_pause{5};
constexpr Seconds patience{60};

/// So long an answer waits for others. The daemon makes chunks of as much work.
constexpr std::chrono::milliseconds longest_wait{5};

void complain(const SpoolFile& spool, int reason) {
  const os::LaunchFailure failure{os::LaunchStage::spool, reason, spool.path()};
  std::fprintf(stderr, "procpool-worker: %s\n", failure.describe().c_str());
}

}  // namespace

BatchReport::BatchReport(const worker_message::ReceivedBatch& batch, ControlGroup rung, Channel& channel,
                         Inbox& inbox, Outbox& outbox)
    : channel_(channel),
      inbox_(inbox),
      outbox_(outbox),
      batch_(batch.number),
      waiting_(channel, outbox, batch.number) {
  if (!batch.spool.empty())
    spool_.emplace(batch.spool,
                   spool::Header{batch.job, batch.first, batch.inputs.size(), batch.attempt, rung});
}

std::optional<os::LaunchFailure> BatchReport::begin(std::uint64_t index) {
  const int failed = spool_ ? spool_->begin(index) : 0;
  if (failed == 0) return std::nullopt;
  return os::LaunchFailure{os::LaunchStage::spool, failed, spool_->path()};
}

/// A broken inbox says nothing about the way out.
bool BatchReport::channel_stands() const {
  return inbox_.state() != Inbox::State::deserted && inbox_.state() != Inbox::State::dismissed;
}

Result<void> BatchReport::tell(const std::string& line) {
  auto told = send();
  if (told) told = write(line);
  if (told) outbox_.answered(1);
  return told;
}

Result<void> BatchReport::tell_later(std::string_view value, const Measures* measures) {
  waiting_.begin_value() += value;
  if (auto told = waiting_.settle_value(BatchAnswers::Sending::gathered, measures); !told) return told;
  const TimePoint now = Clock::now();
  if (!due_) due_ = now + longest_wait;
  return now < *due_ ? Result<void>() : send();
}

Result<void> BatchReport::tell_dropped(std::uint64_t count) {
  if (auto told = send(); !told) return told;
  return write(encode(worker_message::Dropped{batch_, count}));
}

Result<void> BatchReport::send() {
  due_.reset();
  return waiting_.send();
}

/// A daemon that takes nothing at the moment must not keep us from the command that runs, so it is
/// asked again later; and that it is gone we see by its end of the channel.
void BatchReport::run() {
  if (channel_.has_room())
    (void)send();
  else
    due_ = Clock::now() + longest_wait;
}

Result<void> BatchReport::write(const std::string& line) {
  if (!spool_) return channel_.write_line(line);
  int failed = spool_->append(line);
  if (channel_stands()) {
    const auto sent = channel_.write_line(line);
    if (sent) {
      if (failed != 0) complain(*spool_, failed);
      has_gap_ = has_gap_ || failed != 0;
      return {};
    }
    if (sent.error().code() != ErrorCode::connection_lost) return sent;
    inbox_.channel_ended();
  }
  if (failed != 0) failed = write_when_possible(line);
  if (failed != 0) complain(*spool_, failed);
  return {};
}

/// Gives up when somebody wants us to end.
int BatchReport::write_when_possible(const std::string& line) {
  const TimePoint give_up = after(Clock::now(), patience);
  for (Seconds pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
    const TimePoint end = after(Clock::now(), pause);
    while (Clock::now() < end && inbox_.state() == Inbox::State::deserted) {
      WaitSet waits;
      inbox_.watch_with(waits);
      waits.wait(end);
      inbox_.receive(waits);
    }
    const int failed = spool_->append(line);
    if (failed == 0 || Clock::now() >= give_up || inbox_.state() != Inbox::State::deserted) return failed;
  }
}

}  // namespace procpool::worker
