// The life of a slot's workers; when they are due is in slot_due.cpp, their end in slot_end.cpp.

#include "daemon/pool/slot.hpp"

#include <asio/experimental/awaitable_operators.hpp>

#include <algorithm>

#include "common/overloaded.hpp"
#include "daemon/log/log.hpp"
#include "daemon/pool/oom_counter.hpp"
#include "daemon/pool/work_lines.hpp"

namespace procpool::pool {
namespace {

/// What a worker that does not read may be told: behind signals there is room for a cancel. [bytes]
constexpr std::size_t most_unread_signals = 64 << 10;
constexpr std::size_t most_unread_orders = 2 * most_unread_signals;

io::Clock::time_point after(Seconds delay) {
  return io::Clock::now() + std::chrono::duration_cast<io::Clock::duration>(delay);
}

}  // namespace

Slot::Life::Life(asio::any_io_executor executor, WorkerId new_id, LaunchedWorker launched,
                 std::size_t message_limit, io::LineLog::OnLine on_line)
    : id(new_id),
      process(std::move(launched.process)),
      channel(executor, std::move(launched.channel), '\n', {message_limit}),
      errors(executor, std::move(launched.standard_error), std::move(on_line)),
      unsent(executor),
      order(executor),
      oom_kills_before(oom_kills()) {}

Slot::Slot(asio::any_io_executor executor, SlotOwner& owner, int number)
    : executor_(executor), owner_(owner), number_(number), changed_(executor) {}

// ---- the story ------------------------------------------------------------------

asio::awaitable<void> Slot::run() {
  while (!dismissed_) {
    co_await wait_for_start();
    if (dismissed_) break;
    auto launched = owner_.launcher().launch(owner_.spec(), number_);
    if (launched) {
      co_await live(*std::move(launched));
    } else {
      backoff_.failed();
      owner_.worker_could_not_start(launched.error().message(), backoff_.failures_in_a_row());
    }
  }
  owner_.slot_left(number_);
}

asio::awaitable<void> Slot::wait_for_start() {
  const auto when = after(backoff_.delay(owner_.policy().start_delay, owner_.policy().start_delay_most));
  while (!dismissed_ &&
         (!owner_.may_start() || (backoff_.failures_in_a_row() > 0 && io::Clock::now() < when)))
    co_await changed_.wait(owner_.may_start() ? io::Deadline(when) : std::nullopt);
}

asio::awaitable<void> Slot::live(LaunchedWorker launched) {
  using namespace asio::experimental::awaitable_operators;
  state_ = next(state_, Launched{});
  const pid_t pid = launched.process->pid();
  const std::string name = "pool " + owner_.spec().name + " worker " + std::to_string(pid);
  life_.emplace(
      executor_, owner_.new_worker_id(), std::move(launched), owner_.policy().message_bytes,
      [this, name, pid](std::string_view line) { log::info(name + ": " + std::string(line), about(pid)); });
  log::debug(name + " started in slot " + std::to_string(number_), about(pid));
  // Only the death of the process ends this, or that it is let go; the others go on until then.
  co_await (life_->process->ended() || leave_go() || converse() || write_out() || watch_age() ||
            carry_out_end() || (life_->errors.run() && io::wait_for_ever()));
  if (!life_->is_let_go) {
    bury();
    co_return;
  }
  state_ = next(state_, Died{});  // to us
  life_.reset();
}

/// What a worker says while it has no job may belong to the last one: pipes are slow.
log::About Slot::about(pid_t worker) const {
  const bool has_job = life_ && life_->told_job != JobId();
  return {.job = has_job ? std::optional(life_->told_job) : std::nullopt,
          .pool = owner_.spec().name,
          .worker = worker};
}

asio::awaitable<void> Slot::converse() {
  for (;;) {
    const auto line = co_await life_->channel.receive();
    if (life_->is_let_go) break;
    if (!line) {
      begin_end(BrokeOff{line.error().message()}, {true, owner_.policy().kill_after});
      break;
    }
    if (!*line) {
      begin_end(BrokeOff{}, {false, owner_.policy().kill_after});
      break;
    }
    if (!hear(**line)) break;
    co_await io::give_way();  // who waited for this answer has it before we ask for the next
  }
  co_await io::wait_for_ever();
}

/// False: it is to end, and nothing more is heard of it. What breaks down here would end in the
/// `||` of live() without a word, and the worker would wait for us for ever.
bool Slot::hear(std::string_view line) {
  std::string fault;
  try {
    if (take_line(line)) return true;
    fault = "it sent what is not in the worker protocol: " + std::string(line.substr(0, 200));
  } catch (const std::exception& error) {
    fault = std::string("hearing it broke down: ") + error.what();
    life_->is_unheard = true;
    log::About whom = about(life_->process->pid());
    whom.event = log::Event::breakdown;
    log::error("pool " + owner_.spec().name + ": a worker is ended, for " + fault, whom);
  }
  begin_end(BrokeOff{fault}, {true, owner_.policy().kill_after});
  return false;
}

asio::awaitable<void> Slot::write_out() {
  for (;;) {
    while (!life_->channel.has_unsent()) co_await life_->unsent.wait();
    const auto sent = co_await life_->channel.flush();
    if (!sent) {
      could_not_send(sent.error());
      break;
    }
  }
  co_await io::wait_for_ever();
}

asio::awaitable<void> Slot::watch_age() {
  const auto late = after(owner_.policy().start_timeout);
  while (std::holds_alternative<Starting>(state_) && io::Clock::now() < late)
    co_await life_->order.wait(late);
  if (std::holds_alternative<Starting>(state_))
    begin_end(BrokeOff{"it did not say that it is ready in time"}, {true, owner_.policy().kill_after});
  for (auto when = due_at(); !when || io::Clock::now() < *when; when = due_at())
    co_await life_->order.wait(when);
  recycle();
  co_await io::wait_for_ever();
}

// ---- what the worker says ---------------------------------------------------------

bool Slot::take_line(std::string_view line) {
  const auto message = worker_message::decode_from_worker(life_->channel.check(line));
  const bool good = message && std::visit([this](const auto& m) { return take(m); }, *message);
  life_->channel.take_descriptors();  // what nobody asked for is closed
  if (good) life_->channel.drop_message();
  return good;
}

bool Slot::take(const worker_message::Ready& ready) {
  const bool ending = std::holds_alternative<Ending>(state_);
  if (!ending && !std::holds_alternative<Starting>(state_)) return false;
  state_ = next(state_, SaidReady{});
  life_->ready = io::Clock::now();
  life_->takes_batches = ready.batches;
  if (auto along = life_->channel.take_descriptors(); ready.outbox && !along.empty())
    life_->outbox = std::move(along.front());
  if (ready.gives_back && ready.batches && life_->outbox) life_->brake = Brake::on(life_->outbox);
  life_->order.notify_all();  // watch_age() waits for this
  owner_.worker_offers(number_, ready);
  if (!ending) idle_again();
  return true;
}

bool Slot::take(const worker_message::StartFailed& failed) {
  if (!std::holds_alternative<Starting>(state_) && !std::holds_alternative<Ending>(state_)) return false;
  const std::string why = failed.error.code + ": " + failed.error.message;
  // That of a module that is not there has no other line than the one that is logged anyway.
  std::string_view trace = failed.error.traceback;
  while (trace.ends_with('\n')) trace.remove_suffix(1);
  if (!trace.empty() && trace != why)
    log::warning("pool " + owner_.spec().name + ": a worker cannot start: " + std::string(trace),
                 about(life_->process->pid()));
  begin_end(SaidFailed{why}, {false, owner_.policy().kill_after});
  return true;
}

bool Slot::take(const worker_message::Succeeded& answer) {
  if (life_->known > 0) return take_rest(answer);
  const std::uint64_t count = answer.count;
  if (!answers_open_task(answer.number, count)) return false;
  owner_.events().tasks_succeeded(life_->id, answer);
  life_->answered += count;
  settle(count);
  return true;
}

/// Its first tasks are known, or all.
bool Slot::take_rest(worker_message::Succeeded answer) {
  const std::uint64_t known = std::min(life_->known, answer.count);
  life_->known -= known;
  answer.count -= known;
  if (!answer.measures.empty())
    answer.measures.erase(answer.measures.begin(),
                          answer.measures.begin() + static_cast<std::ptrdiff_t>(known));
  return answer.count == 0 || take(answer);
}

bool Slot::take(const worker_message::Ended& answer) {
  if (life_->known > 0) {
    --life_->known;
    return true;
  }
  if (!answers_open_task(answer.number, 1)) return false;
  owner_.events().task_ended(life_->id, answer);
  life_->answered += 1;
  settle(1);
  return true;
}

bool Slot::take(const worker_message::Dropped& answer) {
  if (!answers_open_task(answer.number, answer.count)) return false;
  owner_.events().tasks_dropped(life_->id, answer.count);
  settle(answer.count);
  return true;
}

bool Slot::answers_open_task(std::int64_t number, std::uint64_t tasks) const {
  const Busy* work = work_of(state_);
  return work != nullptr && work->number == number && tasks <= work->open;
}

void Slot::settle(std::uint64_t tasks) {
  life_->tasks += tasks;
  untouched_ = 0;
  const std::int64_t number = work_of(state_)->number;
  state_ = next(state_, Answered{tasks, life_->takes_batches ? number : number + 1});
  if (std::holds_alternative<Idle>(state_)) idle_again();
}

/// A worker that is due goes on where it may not leave yet; one that has had all of its
/// tasks cannot.
void Slot::idle_again() {
  if (life_->end) return;  // it is being buried
  const bool may_leave = is_due() && owner_.may_be_replaced(number_);
  if (dismissed_ || may_leave || has_had_its_tasks()) {
    begin_end(ToldToEnd{}, {false, owner_.policy().kill_after});
  } else {
    const WorkerProcess& process = *life_->process;
    owner_.events().worker_idle(
        life_->id, {process.pid(), process.control_group(), allowance(), life_->brake.has_value()});
  }
}

// ---- what the worker is told --------------------------------------------------------

void Slot::hand_over(const Work& work) {
  const std::int64_t number = life_->last_number + 1;
  life_->last_number += life_->takes_batches ? 1 : static_cast<std::int64_t>(work.count);
  state_ = next(state_, HandedOver{work.job, work.count, number});
  const WorkForm form{number, life_->takes_batches, life_->told_job == work.job};
  life_->told_job = work.job;
  std::vector<Parts> lines = work_lines(work, form);
  for (Parts& line : lines)
    send(std::move(line), &line == &lines.front() ? work.descriptors : std::vector<int>());
  life_->unsent_work = life_->channel.unsent_bytes();
  life_->work_was_told_last = true;
  life_->is_measured = work.measure;
  life_->spool.reset();
  if (!work.spool.empty())
    life_->spool = Life::Spool{work.spool, {work.job, work.first, work.count, work.attempt}};
}

void Slot::take_back() {
  const Busy* const work = std::get_if<Busy>(&state_);
  if (work == nullptr || !life_->brake) return;
  const auto begun = life_->brake->stop(life_->answered, work->open);
  if (!begun) return;
  const std::uint64_t rest = work->open - *begun;
  if (rest > 0) {
    state_ = next(state_, Answered{rest, work->number});
    owner_.events().tasks_dropped(life_->id, rest);
  }
  hear_waiting();
}

void Slot::cancel_command(const std::string& signal, Seconds kill_after, const std::string& reason) {
  if (const Busy* work = work_of(state_); work != nullptr && !is_behind_by(most_unread_orders))
    send(encode(worker_message::Cancel{work->number, signal, kill_after, reason}));
}

bool Slot::signal_command(const std::string& name) {
  const Busy* work = work_of(state_);
  if (work == nullptr || is_behind_by(most_unread_signals)) return false;
  send(encode(worker_message::Signal{work->number, name}));
  return true;
}

/// Does it not read what it was told behind its work?
bool Slot::is_behind_by(std::size_t bytes) const {
  return life_->channel.unsent_bytes() > life_->unsent_work + bytes;
}

void Slot::send(Parts line, const std::vector<int>& descriptors) {
  const auto sent = life_->channel.send(std::move(line), descriptors);
  if (!sent) could_not_send(sent.error());
  life_->work_was_told_last = false;
  if (life_->channel.has_unsent()) life_->unsent.notify_all();
}

/// One that is gone cannot be written to, and its death is told by itself. To any other a part
/// of what it is told is lost, so that it cannot be told anything more.
void Slot::could_not_send(const Error& error) {
  if (error.code() != ErrorCode::connection_lost)
    begin_end(ToldToEnd{"its work could not be sent: " + error.message()},
              {true, owner_.policy().kill_after});
}

void Slot::end_worker(const std::string& why, Seconds kill_after) {
  if (life_) begin_end(ToldToEnd{why}, {true, kill_after});
}

void Slot::dismiss() {
  dismissed_ = true;
  changed_.notify_all();
  if (std::holds_alternative<Starting>(state_)) begin_end(ToldToEnd{}, {true, owner_.policy().kill_after});
  leave_if_due();
}

void Slot::try_again() {
  backoff_.succeeded();
  changed_.notify_all();
}

std::optional<WorkerId> Slot::worker() const { return life_ ? std::optional(life_->id) : std::nullopt; }

reply::Worker Slot::describe() const {
  reply::Worker worker;
  worker.slot = number_;
  worker.state = public_name(state_);
  if (life_) {
    worker.pid = life_->process->pid();
    worker.tasks = life_->tasks;
    worker.seconds = Seconds(io::Clock::now() - life_->started).count();
  }
  if (const Busy* work = work_of(state_)) worker.job = work->job;
  return worker;
}

}  // namespace procpool::pool
