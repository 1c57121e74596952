#include <algorithm>

#include "common/json/writer.hpp"
#include "daemon/verbs/verbs.hpp"

namespace procpool::verbs {
namespace {

Result<void> has_ended(Context& context, JobId job) {
  const auto ended = context.jobs.has_ended(context.caller, job);
  if (!ended) return ended.error();
  if (*ended) return {};
  return Error::about_job(ErrorCode::job_running,
                          named(job) + " has not ended; 'procpool cancel' ends it, then it can be forgotten",
                          job);
}

}  // namespace

asio::awaitable<void> answer(Context& context, request::Forget request) {
  // A job that is named twice is one job.
  std::sort(request.jobs.begin(), request.jobs.end());
  request.jobs.erase(std::unique(request.jobs.begin(), request.jobs.end()), request.jobs.end());
  // All of them or none.
  for (const JobId job : request.jobs)
    if (const auto good = has_ended(context, job); !good) {
      co_await context.responder.fail(good.error());
      co_return;
    }
  json::Writer out;
  out.begin_object().key("forgotten").begin_array();
  for (const JobId job : request.jobs) {
    const auto forgotten = context.jobs.forget(context.caller, job);
    if (!forgotten) {
      co_await context.responder.fail(forgotten.error());
      co_return;
    }
    out.number(job.number);
  }
  const std::string reply = out.end_array().end_object().take();
  co_await context.responder.reply(reply);
}

}  // namespace procpool::verbs
