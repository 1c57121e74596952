#include "daemon/worker/inbox.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace procpool::worker {

using worker_message::Cancel;
using worker_message::FromDaemon;
using worker_message::Signal;

std::optional<FromDaemon> Inbox::wait_for_message() {
  WaitSet waits;
  watch_with(waits);
  while (state_ == State::serving && messages_.empty()) {
    waits.wait(std::nullopt);
    receive(waits);
  }
  if (state_ != State::serving) return std::nullopt;
  std::optional<FromDaemon> message(std::move(messages_.front()));
  messages_.pop_front();
  return message;
}

void Inbox::watch_with(WaitSet& waits) const {
  const bool serving = state_ == State::serving;
  waits.watch(Source::channel, serving ? channel_.descriptor() : -1);
  waits.watch(Source::stop_signal, serving || state_ == State::deserted ? stop_signal_.get() : -1);
}

void Inbox::receive(const WaitSet& waits) {
  if (waits.ready(Source::channel)) receive_lines();
  if (waits.ready(Source::stop_signal)) obey_stop_signal();
}

void Inbox::receive_lines() {
  if (state_ != State::serving) return;
  const auto open = channel_.receive();
  if (!open) return give_up(open.error());
  decode_lines();
  if (!*open) channel_ended();
}

void Inbox::channel_ended() {
  if (state_ == State::serving) state_ = State::deserted;
}

/// Whom it comes from is told by whether the daemon is there. A read that brought lines
/// has not seen the end behind them: hence the second look.
void Inbox::obey_stop_signal() {
  receive_lines();
  receive_lines();
  if (state_ == State::serving) state_ = State::leaving;
  if (state_ == State::deserted) state_ = State::dismissed;
}

void Inbox::decode_lines() {
  while (const auto line = channel_.next_line()) {
    auto message = worker_message::decode_from_daemon(*line);
    if (!message) return give_up(message.error());
    messages_.push_back(std::move(*message));
  }
}

void Inbox::give_up(const Error& why) {
  std::fprintf(stderr, "procpool-worker: cannot understand the daemon: %s\n", why.message().c_str());
  state_ = State::broken;
}

std::optional<Inbox::Control> Inbox::take_control(std::int64_t batch) {
  for (auto message = messages_.begin(); message != messages_.end(); ++message) {
    std::optional<Control> control;
    if (auto* cancel = std::get_if<Cancel>(&*message); cancel != nullptr && cancel->number == batch)
      control = std::move(*cancel);
    else if (auto* signal = std::get_if<Signal>(&*message); signal != nullptr && signal->number == batch)
      control = std::move(*signal);
    if (!control) continue;
    messages_.erase(message);
    return control;
  }
  return std::nullopt;
}

bool Inbox::is_cancelled(std::int64_t batch) const {
  return std::any_of(messages_.begin(), messages_.end(), [batch](const FromDaemon& message) {
    const auto* cancel = std::get_if<Cancel>(&message);
    return cancel != nullptr && cancel->number == batch;
  });
}

}  // namespace procpool::worker
