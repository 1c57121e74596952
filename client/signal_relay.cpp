#include "client/signal_relay.hpp"

#include <unistd.h>

#include <csignal>

#include "client/exit_status.hpp"
#include "common/json/object_reader.hpp"
#include "common/os/wait_status.hpp"

namespace procpool::client {
namespace {

bool is_meant_to_end(int signal) {
  return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;
}

}  // namespace

Result<std::unique_ptr<SignalRelay>> SignalRelay::start(const Caller& caller) {
  std::unique_ptr<SignalRelay> relay(new SignalRelay(caller));
  auto interrupts = Interrupts::start({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT},
                                      [relay = relay.get()](int signal) { relay->on_signal(signal); });
  if (!interrupts) return interrupts.error();
  relay->interrupts_ = *std::move(interrupts);
  return relay;
}

void SignalRelay::job_is(JobId job) {
  const std::lock_guard lock(mutex_);
  job_ = job;
}

void SignalRelay::on_signal(int signal) {
  std::optional<JobId> job;
  {
    const std::lock_guard lock(mutex_);
    job = job_;
  }
  if (!job && is_meant_to_end(signal)) _exit(exit_status::interrupted);
  if (job) {
    auto connection = caller_.connect_to_running();
    // Without a daemon the end of the main connection is on its way to the main thread.
    if (connection) pass_on(*connection, *job, signal);
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
