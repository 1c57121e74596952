#include "client/signal_relay.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "client/exit_status.hpp"
#include "client/interrupts.hpp"
#include "common/json/object_reader.hpp"
#include "common/os/wait_status.hpp"

namespace procpool::client {
namespace {

bool is_meant_to_end(int signal) {
  return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;
}

}  // namespace

Result<SignalRelay> SignalRelay::start(const Caller& caller) {
  auto signals = take_signals({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT});
  if (!signals) return signals.error();
  return SignalRelay(caller, *std::move(signals));
}

Result<protocol::Reply> SignalRelay::receive(Connection& connection) {
  for (;;) {
    auto reply = connection.receive_now();
    if (!reply) return reply.error();
    if (*reply) return **std::move(reply);
    std::array<pollfd, 2> waiting{{{connection.descriptor(), POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
    poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) obey();
  }
}

void SignalRelay::obey() {
  while (const auto signal = next_signal(signals_)) on_signal(*signal);
}

void SignalRelay::on_signal(int signal) {
  if (!job_ && is_meant_to_end(signal)) _exit(exit_status::interrupted);
  if (job_) {
    auto connection = caller_.connect_to_running();
    // Without a daemon the end of the main connection is heard next.
    if (connection) pass_on(*connection, *job_, signal);
  }
  // Our own stop is a real one, for the shell that waits for us. SIGCONT comes as the
  // next signal then.
  if (signal == SIGTSTP) raise(SIGSTOP);
}

bool SignalRelay::pass_on(Connection& connection, JobId job, int signal) const {
  const auto reply = connection.call(request::SendSignal{job, os::signal_name(signal)});
  if (!reply) return false;
  json::ObjectReader in(reply->parameters);
  if (in.optional_bool("delivered").value_or(false)) return true;
  if (!is_meant_to_end(signal)) return false;
  request::Cancel cancel;
  cancel.jobs = {job};
  cancel.reason = "interrupted";
  // It may have ended meanwhile, which is as good.
  static_cast<void>(connection.call(cancel));
  return false;
}

}  // namespace procpool::client
