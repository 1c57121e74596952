#include "client/signal_relay.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "client/exit_status.hpp"
#include "client/interrupts.hpp"
#include "common/json/object_reader.hpp"
#include "common/os/wait_status.hpp"

namespace procpool::client {
namespace {

using Clock = std::chrono::steady_clock;

/// A daemon that has not answered by then is asked for nothing any more.
constexpr std::chrono::seconds time_to_hear{2};
/// Until a listener that is overrun may take another connection.
constexpr std::chrono::milliseconds look_again{10};

bool is_meant_to_end(int signal) {
  return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;
}

}  // namespace

Result<SignalRelay> SignalRelay::start(const Caller& caller) {
  auto signals = take_signals({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT});
  if (!signals) return signals.error();
  return SignalRelay(caller, *std::move(signals));
}

Result<void> SignalRelay::send(Connection& connection, std::string message,
                               const std::vector<int>& descriptors) {
  return connection.send(std::move(message), descriptors, [&] {
    std::array<pollfd, 2> waiting{{{connection.descriptor(), POLLOUT, 0}, {signals_.get(), POLLIN, 0}}};
    poll(waiting.data(), waiting.size(), -1);
    obey();
    return true;
  });
}

Result<protocol::Reply> SignalRelay::receive(Connection& connection) {
  for (;;) {
    auto reply = connection.receive_now();
    if (!reply) return reply.error();
    if (*reply) return **std::move(reply);
    if (pending_.empty()) {
      std::array<pollfd, 2> waiting{{{connection.descriptor(), POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
      poll(waiting.data(), waiting.size(), -1);
      if (waiting[1].revents == 0) continue;
      take_pending();
    }
    // A command may have begun before we hear of it, and the signal is for the command.
    if (!job_ && waits_until_readable(connection.descriptor(), Clock::now() + time_to_hear)) continue;
    obey();
  }
}

void SignalRelay::obey() {
  for (take_pending(); !pending_.empty(); take_pending()) {
    passing_ = pending_.extract(pending_.begin()).value();
    on_signal(*passing_);
    passing_.reset();
  }
}

void SignalRelay::on_signal(int signal) {
  const bool is_heard = job_ && pass_on(*job_, signal);
  // The job ends with the main connection.
  if (!is_heard && is_meant_to_end(signal)) _exit(exit_status::interrupted);
  // Our own stop is a real one, for the shell that waits for us. SIGCONT comes as the
  // next signal then.
  if (signal == SIGTSTP) raise(SIGSTOP);
}

bool SignalRelay::pass_on(JobId job, int signal) {
  const Time end = Clock::now() + time_to_hear;
  auto connection = connect_until(end);
  if (!connection) return false;
  const auto is_over = [](const Error& error) { return error.code() == ErrorCode::no_such_job; };
  const auto reply = call_until(*connection, request::SendSignal{job, os::signal_name(signal)}, end);
  if (!reply) return is_over(reply.error());
  json::ObjectReader in(reply->parameters);
  if (in.optional_bool("delivered").value_or(false) || !is_meant_to_end(signal)) return true;
  request::Cancel cancel;
  cancel.jobs = {job};
  cancel.reason = "interrupted";
  has_cancelled_ = true;
  // It may have ended meanwhile, which is as good.
  const auto cancelled = call_until(*connection, cancel, end);
  return cancelled || is_over(cancelled.error());
}

Result<Connection> SignalRelay::connect_until(Time end) {
  for (;;) {
    auto connection = caller_.connect_to_running(os::Blocking::never);
    if (connection || connection.error().saved_errno() != EAGAIN || Clock::now() >= end) return connection;
    waits_until_readable(-1, std::min(end, Clock::now() + look_again));
  }
}

Result<protocol::Reply> SignalRelay::call_until(Connection& connection, const request::Any& request,
                                                Time end) {
  if (auto sent = connection.send(request); !sent) return sent.error();
  return expect_success(
      connection.receive([&] { return waits_until_readable(connection.descriptor(), end); }));
}

void SignalRelay::take_pending() {
  while (const auto signal = next_signal(signals_)) pending_.insert(*signal);
}

bool SignalRelay::waits_until_readable(int descriptor, Time end) {
  std::array<pollfd, 2> waiting{{{descriptor, POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    poll(waiting.data(), waiting.size(), static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (waiting[0].revents != 0) return true;
    if (left <= 0) return false;
    const bool is_ending = (passing_ && is_meant_to_end(*passing_)) ||
                           std::any_of(pending_.begin(), pending_.end(), is_meant_to_end);
    while (const auto signal = next_signal(signals_)) {
      if (is_ending && is_meant_to_end(*signal)) _exit(exit_status::interrupted);
      pending_.insert(*signal);
    }
  }
}

}  // namespace procpool::client
