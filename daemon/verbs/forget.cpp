#include <algorithm>

#include "common/json/writer.hpp"
#include "daemon/verbs/verbs.hpp"

namespace procpool::verbs {

asio::awaitable<void> answer(Context& context, request::Forget request) {
  // A job that is named twice is one job.
  std::sort(request.jobs.begin(), request.jobs.end());
  request.jobs.erase(std::unique(request.jobs.begin(), request.jobs.end()), request.jobs.end());
  const auto forgotten = co_await context.jobs.forget(context.caller, request.jobs);
  if (!forgotten) {
    co_await context.responder.fail(forgotten.error());
    co_return;
  }
  json::Writer out;
  out.begin_object().key("forgotten").begin_array();
  for (const JobId job : request.jobs) out.number(job.number);
  const std::string reply = out.end_array().end_object().take();
  co_await context.responder.reply(reply);
}

}  // namespace procpool::verbs
