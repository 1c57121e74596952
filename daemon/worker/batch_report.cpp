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

void complain(const SpoolFile& spool, int reason) {
  const os::LaunchFailure failure{os::LaunchStage::spool, reason, spool.path()};
  std::fprintf(stderr, "procpool-worker: %s\n", failure.describe().c_str());
}

}  // namespace

BatchReport::BatchReport(const worker_message::ReceivedBatch& batch, Channel& channel, Inbox& inbox)
    : channel_(channel), inbox_(inbox) {
  if (!batch.spool.empty())
    spool_.emplace(batch.spool, spool::Header{batch.job, batch.first, batch.inputs.size(), batch.attempt});
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
