// Looking at jobs: ListJobs and ShowJob.

#include "common/protocol/reply_codec.hpp"
#include "daemon/verbs/verbs.hpp"

namespace procpool::verbs {

asio::awaitable<void> answer(Context& context, request::ListJobs request) {
  const auto jobs = context.jobs.list(context.caller, request);
  if (jobs) {
    co_await context.responder.reply(protocol::list_to_json("jobs", *jobs));
  } else {
    co_await context.responder.fail(jobs.error());
  }
}

asio::awaitable<void> answer(Context& context, request::ShowJob request) {
  const auto job = context.jobs.show(context.caller, request.job);
  if (job) {
    co_await context.responder.reply(protocol::one_to_json("job", *job));
  } else {
    co_await context.responder.fail(job.error());
  }
}

}  // namespace procpool::verbs
