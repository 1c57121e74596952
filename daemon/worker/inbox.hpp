#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <variant>

#include "common/os/fd.hpp"
#include "common/protocol/worker_message.hpp"
#include "daemon/worker/channel.hpp"
#include "daemon/worker/wait_set.hpp"

namespace procpool::worker {

/// What the worker for commands is asked to do, in the order in which it was asked.
/// Messages about the batch that runs can be taken out of their order.
///
///     state      left by
///     serving    the end of the channel, to deserted; a stop signal, to leaving;
///                a line that nobody can understand, to broken
///     deserted   a stop signal, to dismissed: the daemon is gone
///     dismissed  nothing: somebody who found us deserted wants us to end
///     leaving    nothing: the daemon is there and wants us to end
///     broken     nothing: as leaving, but it is somebody's fault
///
/// What was not begun is not begun any more in any state but serving. What runs goes on in
/// deserted, if its record is kept in a spool file (spool_file.hpp).
class Inbox {
 public:
  enum class State { serving, deserted, dismissed, leaving, broken };

  /// `stop_signal` as made by open_stop_signal(), or none.
  Inbox(Channel& channel, os::Fd stop_signal) : channel_(channel), stop_signal_(std::move(stop_signal)) {}

  State state() const { return state_; }

  /// The next message, as soon as there is one; nothing once the state is not serving.
  std::optional<worker_message::FromDaemon> wait_for_message();

  /// A write has told that the channel is at its end.
  void channel_ended();

  /// Has the wait set watch what can bring messages, or a stop.
  void watch_with(WaitSet& waits) const;
  /// Takes in what the last wait has found.
  void receive(const WaitSet& waits);

  using Control = std::variant<worker_message::Cancel, worker_message::Signal>;
  /// The next Cancel or Signal that is about this batch, whatever stands before it.
  std::optional<Control> take_control(std::int64_t batch);
  /// Is there a Cancel about this batch that nobody has taken?
  bool is_cancelled(std::int64_t batch) const;

 private:
  void receive_lines();
  void decode_lines();
  void obey_stop_signal();
  void give_up(const Error& why);

  Channel& channel_;
  os::Fd stop_signal_;
  State state_ = State::serving;
  std::deque<worker_message::FromDaemon> messages_;
};

}  // namespace procpool::worker
