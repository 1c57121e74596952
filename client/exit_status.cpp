#include "client/exit_status.hpp"

#include "client/command_value.hpp"

namespace procpool::client {

int launch_status_of(std::string_view errno_name) {
  if (errno_name.empty()) return exit_status::own_failure;
  return errno_name == "ENOENT" ? exit_status::not_found : exit_status::not_executable;
}

int exit_status_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::invalid_parameter: return exit_status::wrong_usage;
    case ErrorCode::timed_out: return exit_status::out_of_time;
    default: return exit_status::own_failure;
  }
}

void Outcome::took(const protocol::ReceivedRecord& record) {
  ++tasks_.of(record.state);
  if (record.state == TaskState::not_launched && !launch_status_)
    launch_status_ = launch_status_of(record.error ? record.error->errno_name : "");
  if (record.state == TaskState::failed && !record.value.empty())
    command_status_ = command_exit_status(record.value);
}

void Outcome::ended(const protocol::ReceivedJob& job) {
  tasks_ = job.tasks;
  job_cancelled_ = job.state == TaskState::cancelled;
  job_succeeded_ = job.state == TaskState::succeeded;
  if (!job_cancelled_) tasks_.cancelled = 0;  // it was halted: by what else has ended
}

int Outcome::exit_status(bool interrupted) const {
  const bool is_single = verb_ == Verb::apply || verb_ == Verb::run;
  if (interrupted) return exit_status::interrupted;
  if (job_succeeded_) return exit_status::success;
  if (is_single && command_status_) return *command_status_;
  if (tasks_.failed + tasks_.cancelled + tasks_.lost > 0) return exit_status::task_failed;
  if (tasks_.not_launched > 0) return launch_status_.value_or(exit_status::own_failure);
  if (tasks_.timed_out > 0) return exit_status::out_of_time;
  return job_cancelled_ ? exit_status::task_failed : exit_status::success;
}

}  // namespace procpool::client
