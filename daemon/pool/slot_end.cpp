// The end of a slot's worker: how it is told to end, and what is done when it has ended,
// however that came.

#include <csignal>

#include "daemon/log/log.hpp"
#include "daemon/pool/end_reason.hpp"
#include "daemon/pool/last_answers.hpp"
#include "daemon/pool/oom_counter.hpp"
#include "daemon/pool/slot.hpp"
#include "daemon/pool/spool.hpp"

namespace procpool::pool {
namespace {

/// A worker that was told to leave by the end of its channel gets this long.
constexpr Seconds leave_time{2};
/// One that breaks off this soon after it was ready, without having done anything, counts
/// as one that could not start.
constexpr Seconds short_life{1};
/// So many workers in a row may end before they begin the task that they were given.
constexpr int most_untouched = 10;

io::Clock::duration on_clock(Seconds time) { return std::chrono::duration_cast<io::Clock::duration>(time); }

}  // namespace

void Slot::begin_end(const SlotEvent& cause, Life::End end) {
  const bool was_idle = std::holds_alternative<Idle>(state_);
  state_ = next(state_, cause);
  if (was_idle) owner_.events().worker_gone(life_->id, {});  // nobody may give it work any more
  const bool is_sharper =
      life_->end && end.by_signal && (!life_->end->by_signal || end.kill_after < life_->end->kill_after);
  if (life_->end) end.since = life_->end->since;
  if (!life_->end || is_sharper) life_->end = end;
  life_->order.notify_all();
}

asio::awaitable<void> Slot::carry_out_end() {
  while (!life_->end) co_await life_->order.wait();
  if (!life_->end->by_signal) {
    life_->channel.finish_sending();
    const auto patience = io::Clock::now() + on_clock(leave_time);
    while (!life_->end->by_signal && io::Clock::now() < patience) co_await life_->order.wait(patience);
  }
  life_->process->signal_group(SIGTERM);
  life_->process->signal_group(SIGCONT);  // a stopped process would not hear of it
  const auto term_at = io::Clock::now();
  const auto kill_at = [&] { return term_at + on_clock(life_->end->kill_after); };
  while (io::Clock::now() < kill_at()) co_await life_->order.wait(kill_at());
  life_->was_killed = true;
  life_->process->signal_group(SIGKILL);
  co_await io::wait_for_ever();
}

/// Of a worker for commands its group has counted each command that it has had.
OomKills Slot::oom_kills_of(const Life& life) const {
  const bool counts_itself = owner_.spec().kind != PoolKind::command;
  return {counts_itself ? life.process->killed_for_memory() : 0, oom_kills() - life.oom_kills_before};
}

std::optional<WorkerId> Slot::let_go() {
  if (!life_ || !life_->spool || !std::holds_alternative<Busy>(state_)) return std::nullopt;
  life_->is_let_go = true;
  life_->process->let_go();
  life_->channel.hang_up();
  life_->order.notify_all();
  dismiss();
  return life_->id;
}

asio::awaitable<void> Slot::leave_go() {
  while (!life_->is_let_go) co_await life_->order.wait();
}

// ---- what is left ------------------------------------------------------------------

void Slot::bury() {
  Life& life = *life_;
  WorkerEnd end;
  end.has_begun = life.is_unheard || hear_last_words();
  life.errors.drain();
  const os::WaitStatus status = life.process->bury();
  state_ = next(state_, BrokeOff{});  // unless its end had begun
  const Ending ending = std::get<Ending>(state_);
  const bool failed_to_start = has_failed_to_start(ending, end.has_begun);
  end.max_rss_kib = status.max_rss_kib;
  end.why = why_ended(ending, status, failed_to_start);
  // A task that no worker lives long enough to begin is not tried for ever.
  const bool left_work = work_of(state_) != nullptr;
  if (left_work && !end.has_begun) end.has_begun = ++untouched_ >= most_untouched;
  const bool by_a_signal = !status.exit_status && status.signal != SIGTERM;
  const bool is_news =
      ending.why.empty() ? !life.was_killed && (left_work || by_a_signal) : ending.cause == Cause::broke_off;
  if (is_news && !failed_to_start) {
    log::About whom = about(life.process->pid());
    whom.event = log::Event::worker_lost;
    log::warning("pool " + owner_.spec().name + ": a worker was lost: " + end.why, whom);
  }
  state_ = next(state_, Died{});
  const WorkerId id = life.id;
  life_.reset();
  owner_.events().worker_gone(id, end);
  if (!failed_to_start) return backoff_.succeeded();
  backoff_.failed();
  owner_.worker_could_not_start(end.why, backoff_.failures_in_a_row());
}

bool Slot::has_failed_to_start(const Ending& ending, bool has_begun) const {
  switch (ending.cause) {
    case Cause::told: return false;
    case Cause::failed:
    case Cause::not_ready: return true;
    case Cause::broke_off: break;
  }
  return life_->tasks == 0 && !has_begun && life_->end->since < life_->ready + on_clock(short_life);
}

/// Of one that could not start the last line that it wrote says more, unless it has said why.
std::string Slot::why_ended(const Ending& ending, const os::WaitStatus& status, bool failed_to_start) const {
  std::string why = ending.why;
  if (why.empty()) {
    why = life_->was_killed ? status.describe()
                            : end_reason(status, owner_.spec().limits, oom_kills_of(*life_));
    if (ending.cause == Cause::not_ready) why += " before it was ready";
    if (ending.cause == Cause::broke_off && failed_to_start) why += " as soon as it was ready";
  }
  const std::string& last_line = life_->errors.last_line();
  if (failed_to_start && ending.cause != Cause::failed && !last_line.empty()) why += ": " + last_line;
  return why;
}

/// The process has ended: what it had said before still counts, and so does what it
/// could not send any more. Has the first of its tasks that are still open begun?
bool Slot::hear_last_words() {
  Life& life = *life_;
  if (!life.end) life.end.emplace();
  for (auto line = life.channel.receive_now(); line && *line; line = life.channel.receive_now())
    if (!hear(**line)) break;
  const auto remains = life.outbox ? read_outbox(life.outbox) : std::nullopt;
  if (remains) hear(unheard_lines(*remains, life.answered));
  hear_spool();
  const Busy* work = work_of(state_);
  if (work == nullptr) return false;
  if (remains && remains->begun >= life.answered) return remains->begun > life.answered;
  const bool in_one_message = life.takes_batches || work->open == 1;
  return !(in_one_message && life.work_was_told_last && life.channel.last_was_not_read());
}

/// A task that takes long holds up the answers before it, which come again by the channel
/// when it has ended. What each of them took stands behind the last one.
void Slot::hear_waiting() {
  if (life_->is_measured) return;
  const auto remains = read_outbox(life_->outbox);
  if (!remains) return;
  const std::uint64_t to_come = life_->known;
  const std::uint64_t before = life_->answered;
  hear(unheard_lines(*remains, before));
  life_->known = to_come + life_->answered - before;
}

void Slot::hear(const Unheard& unheard) {
  life_->known = unheard.known;
  for (const std::string_view line : unheard.lines)
    if (!take_line(line)) break;
}

/// What it had noted down, and could not send any more.
void Slot::hear_spool() {
  const Busy* work = work_of(state_);
  if (work == nullptr || !life_->spool) return;
  const Life::Spool& spool = *life_->spool;
  const std::uint64_t unheard = spool.batch.first + spool.batch.count - work->open;
  const auto account = read_spool(spool.path, spool.batch, SpoolBoot::ours,
                                  [&](std::uint64_t index, const SpoolAnswer& answer) {
                                    if (index >= unheard)
                                      std::visit([this](const auto& one) { take(one); }, answer);
                                  },
                                  {owner_.policy().message_bytes});
  if (!account) log::warning(account.error().message());
}

}  // namespace procpool::pool
