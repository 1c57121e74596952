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
  waits.watch(Source::stop_signal, serving ? stop_signal_.get() : -1);
}

void Inbox::receive(const WaitSet& waits) {
  if (state_ != State::serving) return;
  if (waits.ready(Source::channel)) {
    const auto open = channel_.receive();
    if (!open) return give_up(open.error());
    decode_lines();
    if (!*open && state_ == State::serving) state_ = State::leaving;
  }
  if (waits.ready(Source::stop_signal) && state_ == State::serving) state_ = State::leaving;
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
