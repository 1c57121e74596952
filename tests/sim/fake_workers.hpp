#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/io/event.hpp"
#include "daemon/pool/launcher.hpp"
#include "daemon/worker/batch_answers.hpp"

namespace procpool::sim {

/// A task as a worker has it: `number` is what it must answer with.
struct FakeTask {
  std::int64_t job = 0;
  std::uint64_t index = 0;
  std::int64_t number = 0;
};

/// The tasks that workers have begun, and how often.
using Begun = std::map<std::pair<std::int64_t, std::uint64_t>, int>;

/// A worker that is no process: it lives in this program, speaks the worker protocol over
/// a real socket, and does what the test tells it, well behaved or not. One of the kind
/// `native` has an outbox, and gives back.
class FakeWorker {
 public:
  enum class Manners { leaves_when_told, waits_for_term, waits_for_kill };

  FakeWorker(asio::any_io_executor executor, PoolKind kind, Manners manners, os::Fd channel, Begun& begun);

  bool is_alive() const { return !death_; }
  bool is_ready() const { return ready_; }
  /// What it has been given and not answered, without what was taken back, the one that it
  /// runs first.
  std::deque<FakeTask> tasks() const;
  bool has_unsent_answers() const { return unsent_ > 0; }
  bool was_cancelled() const { return cancelled_; }
  /// The daemon gave it more before it had answered what it had.
  bool was_overloaded() const { return overloaded_; }

  void say_ready();
  void say_failed();
  /// And nothing more.
  void say_rubbish();
  bool is_silent() const { return silent_; }
  /// Closes its channel, and lives on.
  void hang_up();
  void answer(bool well);
  /// The answer waits to be sent with others, if it has an outbox.
  void answer_later(bool well);
  /// Does as a worker for commands does that was told to cancel.
  void obey_cancel();
  /// Nobody hears of its death before the loop runs.
  void die(int signal);
  /// Takes in what the daemon has sent, and leaves if that was the end.
  void listen();

  // The side of the daemon.
  void receive_signal(int number);
  void let_go() { is_let_go_ = true; }
  bool is_let_go() const { return is_let_go_; }
  asio::awaitable<void> ended();
  os::WaitStatus status() const;

 private:
  /// What a worker that gives back has beside the channel.
  struct Native {
    worker::Outbox outbox;
    os::Fd memory;  // of the outbox
    worker::Channel channel;
    std::optional<worker::BatchAnswers> answers;  // of the batch that it has

    /// Has the daemon taken back what is not begun?
    bool is_stopped() const;
  };

  void say(const std::string& line);
  void take(const std::string& line);
  /// False: what it has not begun was taken back.
  bool begin();
  void answer_natively(bool well, worker::BatchAnswers::Sending how);
  void send_answers();

  PoolKind kind_;
  Manners manners_;
  os::Fd channel_;
  Begun& begun_;
  std::optional<Native> native_;
  std::string buffer_;
  bool ready_ = false;
  bool cancelled_ = false;
  bool overloaded_ = false;
  bool silent_ = false;
  bool is_let_go_ = false;
  std::deque<FakeTask> tasks_;
  int unsent_ = 0;            // answers
  std::optional<int> death_;  // the signal, 0 for an exit with status 0
  io::Event died_;
};

/// Makes FakeWorkers, and remembers them.
class FakeLauncher : public pool::Launcher {
 public:
  explicit FakeLauncher(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  Result<pool::LaunchedWorker> launch(const PoolSpec& pool, int slot) override;
  Rung rung() const override { return {ControlGroup::tracking, "the tests have none"}; }

  std::vector<std::shared_ptr<FakeWorker>> living() const;
  std::uint64_t launched() const { return launched_; }

  const Begun& begun() const { return begun_; }

  FakeWorker::Manners manners = FakeWorker::Manners::leaves_when_told;  // of those to come
  bool refuses = false;                                                 // to launch at all
  bool are_ready_at_once = false;

 private:
  asio::any_io_executor executor_;
  std::vector<std::shared_ptr<FakeWorker>> workers_;
  std::uint64_t launched_ = 0;
  Begun begun_;
};

}  // namespace procpool::sim
