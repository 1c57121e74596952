#pragma once

#include "client/action.hpp"
#include "client/caller.hpp"
#include "common/result.hpp"

/// One verb, one function: asks the daemon, prints what it says, and returns the exit
/// status. An error is for the user to read; its exit status is that of
/// exit_status_of(). Each file here has the functions of one subject.
namespace procpool::client {

// apply.cpp, map.cpp, run.cpp, submit.cpp, dry_run.cpp
Result<int> apply(const Caller& caller, Submission submission);
Result<int> map(const Caller& caller, const Submission& submission);
Result<int> run(const Caller& caller, Submission submission);
Result<int> submit(const Caller& caller, const Submission& submission);
Result<int> dry_run(const Caller& caller, const Submission& submission);

// get.cpp, wait.cpp, jobs.cpp, output.cpp, cancel.cpp, retry.cpp
Result<int> get(const Caller& caller, const GetResults& action);
Result<int> wait(const Caller& caller, const WaitForJobs& action);
Result<int> ask_about_job(const Caller& caller, const AskAboutJob& action);
Result<int> list_jobs(const Caller& caller, const request::ListJobs& action);
Result<int> show_job(const Caller& caller, const request::ShowJob& action);
Result<int> print_output(const Caller& caller, const PrintOutput& action);
Result<int> cancel(const Caller& caller, const request::Cancel& action);
Result<int> retry(const Caller& caller, const request::Retry& action);
Result<int> forget(const Caller& caller, const request::Forget& action);

// functions.cpp, pool.cpp
Result<int> list_functions(const Caller& caller, const request::ListFunctions& action);
Result<int> list_pools(const Caller& caller);
Result<int> show_pool(const Caller& caller, const request::ShowPool& action);
Result<int> join_pool(const Caller& caller, const request::JoinPool& action);
/// The verbs that change a pool, and answer with what it is then.
Result<int> change_pool(const Caller& caller, const request::Any& request);

// daemon.cpp, call.cpp
Result<int> set_log_level(const Caller& caller, const request::SetLogLevel& what);
Result<int> control_daemon(const Caller& caller, DaemonAction action);
Result<int> call(const Caller& caller, const RawCall& action);
Result<int> introspect(const Caller& caller, const Introspect& action);

}  // namespace procpool::client
