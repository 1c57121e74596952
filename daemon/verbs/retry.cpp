#include "common/json/writer.hpp"
#include "daemon/verbs/verbs.hpp"

namespace procpool::verbs {

asio::awaitable<void> answer(Context& context, request::Retry request) {
  const auto job = co_await context.jobs.retry(context.caller, request);
  if (!job) {
    co_await context.responder.fail(job.error());
    co_return;
  }
  json::Writer out;
  const std::string reply = out.begin_object().field("job", job->number).end_object().take();
  co_await context.responder.reply(reply);
}

}  // namespace procpool::verbs
