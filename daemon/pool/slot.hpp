#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/ids.hpp"
#include "common/protocol/spool.hpp"
#include "common/protocol/worker_message.hpp"
#include "daemon/io/event.hpp"
#include "daemon/io/line_log.hpp"
#include "daemon/io/message_stream.hpp"
#include "daemon/log/log.hpp"
#include "daemon/pool/backoff.hpp"
#include "daemon/pool/brake.hpp"
#include "daemon/pool/end_reason.hpp"
#include "daemon/pool/last_answers.hpp"
#include "daemon/pool/launcher.hpp"
#include "daemon/pool/policy.hpp"
#include "daemon/pool/pool_events.hpp"
#include "daemon/pool/slot_state.hpp"
#include "daemon/pool/work.hpp"

namespace procpool::pool {

/// What a slot needs of its pool.
class SlotOwner {
 public:
  virtual ~SlotOwner() = default;
  virtual const PoolSpec& spec() const = 0;
  virtual const Policy& policy() const = 0;
  virtual Launcher& launcher() = 0;
  virtual PoolEvents& events() = 0;
  virtual WorkerId new_worker_id() = 0;
  virtual void worker_offers(int slot, const worker_message::Ready& offer) = 0;
  virtual void worker_could_not_start(const std::string& why, int times_in_a_row) = 0;
  virtual bool may_start() const = 0;
  /// The slot's worker is due: may it leave? Once it may, no other one may until a worker
  /// is ready in its place.
  virtual bool may_be_replaced(int slot) = 0;
  virtual void slot_left(int number) = 0;
};

/// One worker's place: its story is run(), its states are in slot_state.hpp. A slot
/// that is dismissed ends its worker when that has nothing to do, and then itself.
class Slot {
 public:
  Slot(asio::any_io_executor executor, SlotOwner& owner, int number);

  /// Starts workers one after the other, each when the last one is gone, until the
  /// slot is dismissed.
  asio::awaitable<void> run();

  void hand_over(const Work& work);
  /// Takes back what its worker has not begun, if that runs a task and gives back; and hears
  /// what it has answered and not sent yet.
  void take_back();
  /// Ends the running command of its chunk and gives back the rest.
  void cancel_command(const std::string& signal, Seconds kill_after, const std::string& reason);
  /// Passes a signal to the running command. False: there is none, or its worker has read too
  /// little of what it was told before.
  bool signal_command(const std::string& name);

  /// The worker is due: it goes when it has nothing to do and the pool lets it, and
  /// another takes its place.
  void recycle();
  /// The pool may let one go.
  void leave_if_due();
  /// When workers are due is another matter now.
  void bounds_changed();
  /// SIGTERM now, SIGKILL after `kill_after`.
  void end_worker(const std::string& why, Seconds kill_after);
  /// Closes the channel of a worker whose work has a spool file, and forgets it: nothing is
  /// heard of it any more, and the slot ends. Nothing if it has no such work.
  std::optional<WorkerId> let_go();
  void dismiss();
  void keep() { dismissed_ = false; }
  /// For a pool that was broken: tries to start again at once, or when its pause is over.
  void try_again();
  void go_on() { changed_.notify_all(); }

  int number() const { return number_; }
  std::optional<WorkerId> worker() const;
  const SlotState& state() const { return state_; }
  reply::Worker describe() const;

 private:
  /// What belongs to one life of one worker.
  struct Life {
    Life(asio::any_io_executor executor, WorkerId id, LaunchedWorker launched, std::size_t message_limit,
         io::LineLog::OnLine on_line);

    WorkerId id;
    std::unique_ptr<WorkerProcess> process;
    io::MessageStream channel;
    io::LineLog errors;
    io::Event unsent;            // there is something to flush
    io::Event order;             // `end` was set or sharpened, it is ready, or its bounds have changed
    os::Fd outbox;               // none if it shares none
    std::optional<Brake> brake;  // if it gives back
    std::uint64_t oom_kills_before;
    io::Clock::time_point started = io::Clock::now();
    io::Clock::time_point ready;  // once it has said so
    std::uint64_t tasks = 0;
    std::uint64_t answered = 0;       // of these; the others were given back
    std::uint64_t known = 0;          // so many of the tasks that are answered next are known already
    bool is_measured = false;         // its work
    std::size_t unsent_work = 0;      // when it was told of it [bytes]
    bool work_was_told_last = false;  // no message came behind its work
    std::int64_t last_number = 0;
    JobId told_job;  // the last one that it was told of; 0: none
    bool takes_batches = false;
    /// Where its work is noted down, if it is.
    struct Spool {
      std::string path;
      spool::Header batch;
    };
    std::optional<Spool> spool;
    bool is_let_go = false;
    bool is_unheard = false;  // who heard it broke down: what it has said may be half done

    /// How it is to end: by closing its channel, or by signal.
    struct End {
      bool by_signal = false;
      Seconds kill_after{0};
      io::Clock::time_point since = io::Clock::now();
    };
    std::optional<End> end;
    bool was_killed = false;  // by us
    bool recycled = false;    // it was told to leave, or has grown too old
  };

  asio::awaitable<void> wait_for_start();
  asio::awaitable<void> live(LaunchedWorker launched);
  asio::awaitable<void> converse();
  asio::awaitable<void> write_out();
  asio::awaitable<void> watch_age();
  asio::awaitable<void> carry_out_end();
  asio::awaitable<void> leave_go();

  bool hear(std::string_view line);
  /// False: the line was none that may come now.
  bool take_line(std::string_view line);
  bool take(const worker_message::Ready& ready);
  bool take(const worker_message::StartFailed& failed);
  bool take(const worker_message::Succeeded& answer);
  bool take_rest(worker_message::Succeeded answer);
  bool take(const worker_message::Ended& answer);
  bool take(const worker_message::Dropped& answer);
  bool answers_open_task(std::int64_t number, std::uint64_t tasks) const;
  void settle(std::uint64_t tasks);
  void idle_again();
  bool has_had_its_tasks() const;
  bool is_due() const;
  std::uint64_t allowance() const;
  /// By its age.
  io::Deadline due_at() const;
  double earlier() const;

  log::About about(pid_t worker) const;
  /// `cause` is ToldToEnd, BrokeOff or SaidFailed.
  void begin_end(const SlotEvent& cause, Life::End end);
  bool is_behind_by(std::size_t bytes) const;
  void send(Parts line, const std::vector<int>& descriptors = {});
  void could_not_send(const Error& error);
  void hear_waiting();
  void hear(const Unheard& unheard);
  bool hear_last_words();
  OomKills oom_kills_of(const Life& life) const;
  void hear_spool();
  void bury();
  bool has_failed_to_start(const Ending& ending, bool has_begun) const;
  std::string why_ended(const Ending& ending, const os::WaitStatus& status, bool failed_to_start) const;

  asio::any_io_executor executor_;
  SlotOwner& owner_;
  int number_;
  SlotState state_ = Waiting{};
  Backoff backoff_;
  io::Event changed_;  // dismissed, or told to try again
  bool dismissed_ = false;
  int untouched_ = 0;  // workers in a row that ended before they began what they had
  std::optional<Life> life_;
};

}  // namespace procpool::pool
