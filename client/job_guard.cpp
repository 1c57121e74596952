#include "client/job_guard.hpp"

#include <unistd.h>

#include <csignal>

#include "client/exit_status.hpp"

namespace procpool::client {

Result<std::unique_ptr<JobGuard>> JobGuard::start(const Caller& caller, bool attached) {
  auto wake = Wake::make();
  if (!wake) return wake.error();
  std::unique_ptr<JobGuard> guard(new JobGuard(caller, attached, *std::move(wake)));
  auto interrupts =
      Interrupts::start({SIGINT, SIGTERM, SIGHUP}, [guard = guard.get()](int) { guard->on_signal(); });
  if (!interrupts) return interrupts.error();
  guard->interrupts_ = *std::move(interrupts);
  return guard;
}

void JobGuard::job_is(JobId job) {
  const std::lock_guard lock(mutex_);
  job_ = job;
  if (interrupted_) cancel();
}

bool JobGuard::hand_over() {
  const std::lock_guard lock(mutex_);
  job_.reset();
  return !interrupted_;
}

bool JobGuard::interrupted() const {
  const std::lock_guard lock(mutex_);
  return interrupted_;
}

void JobGuard::on_signal() {
  const std::lock_guard lock(mutex_);
  if (interrupted_ || (attached_ && !job_)) leave();
  interrupted_ = true;
  if (job_) cancel();
  wake_.wake();
}

void JobGuard::cancel() {
  auto connection = caller_.connect_to_running();
  if (!connection) leave();
  request::Cancel cancel;
  cancel.jobs = {*job_};
  cancel.reason = "interrupted";
  // The answer is not waited for: a second signal must find this thread ready.
  if (!connection->send(cancel)) leave();
  kept_ = std::make_unique<Connection>(*std::move(connection));
}

void JobGuard::leave() const {
  caller_.screen().leave_terminal_clean();
  _exit(exit_status::interrupted);
}

}  // namespace procpool::client
