#include "client/perform.hpp"

#include <utility>
#include <variant>

#include "client/verbs/listing.hpp"
#include "client/verbs/verbs.hpp"
#include "common/overloaded.hpp"

namespace procpool::client {
namespace {

Result<int> perform_submission(const Caller& caller, Submission submission) {
  if (submission.dry_run) return dry_run(caller, submission);
  if (!submission.spec.attached) return submit(caller, submission);
  switch (submission.spec.verb) {
    case Verb::run: return run(caller, std::move(submission));
    case Verb::apply: return apply(caller, std::move(submission));
    case Verb::map:
    case Verb::imap:
    case Verb::imap_unordered:
    case Verb::starmap: break;
  }
  return map(caller, submission);
}

}  // namespace

Result<int> perform(const Caller& caller, Action action) {
  const Overloaded verbs{
      [&](Submission& c) { return perform_submission(caller, std::move(c)); },
      [&](const GetResults& c) { return get(caller, c); },
      [&](const WaitForJobs& c) { return wait(caller, c); },
      [&](const AskAboutJob& c) { return ask_about_job(caller, c); },
      [&](const request::ListJobs& c) { return list_jobs(caller, c); },
      [&](const request::ShowJob& c) { return show_job(caller, c); },
      [&](const PrintOutput& c) { return print_output(caller, c); },
      [&](const request::Cancel& c) { return cancel(caller, c); },
      [&](const request::Retry& c) { return retry(caller, c); },
      [&](const request::Forget& c) { return forget(caller, c); },
      [&](const request::ListFunctions& c) { return list_functions(caller, c); },
      [&](const request::ListPools&) { return list_pools(caller); },
      [&](const request::ShowPool& c) { return show_pool(caller, c); },
      [&](const request::JoinPool& c) { return join_pool(caller, c); },
      [&](const request::CreatePool& c) { return change_pool(caller, c); },
      [&](const request::ResizePool& c) { return change_pool(caller, c); },
      [&](const request::PausePool& c) { return change_pool(caller, c); },
      [&](const request::ResumePool& c) { return change_pool(caller, c); },
      [&](const request::RecyclePool& c) { return change_pool(caller, c); },
      [&](const request::ClosePool& c) { return change_pool(caller, c); },
      [&](const request::TerminatePool& c) { return change_pool(caller, c); },
      [&](const request::SetLogLevel& c) { return set_log_level(caller, c); },
      [&](const DaemonAction& c) { return control_daemon(caller, c); },
      [&](const RawCall& c) { return call(caller, c); },
      [&](const Introspect& c) { return introspect(caller, c); },
      [&](const Help& c) { return print_text(caller, c.text); },
  };
  return std::visit(verbs, action);
}

}  // namespace procpool::client
