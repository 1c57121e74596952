#include <algorithm>

#include "common/json/writer.hpp"
#include "common/protocol/reply_codec.hpp"
#include "daemon/verbs/verbs.hpp"
#include "daemon/verbs/wait_time.hpp"

namespace procpool::verbs {
namespace {

struct Standing {
  std::vector<reply::Job> done;
  std::vector<JobId> pending;
};

Result<Standing> look(Context& context, const std::vector<JobId>& jobs) {
  Standing standing;
  for (const JobId id : jobs) {
    auto ended = context.jobs.has_ended(context.caller, id);
    if (!ended) return ended.error();
    if (*ended) {
      auto job = context.jobs.show(context.caller, id);
      if (!job) return job.error();
      standing.done.push_back(*std::move(job));
    } else {
      standing.pending.push_back(id);
    }
  }
  return standing;
}

std::string to_json(const Standing& standing) {
  json::Writer out;
  out.begin_object().key("done").begin_array();
  for (const reply::Job& job : standing.done) out.raw(protocol::to_json(job));
  out.end_array().key("pending").begin_array();
  for (const JobId id : standing.pending) out.number(id.number);
  return out.end_array().end_object().take();
}

}  // namespace

asio::awaitable<void> answer(Context& context, request::Wait request) {
  // A job that is named twice is one job.
  std::sort(request.jobs.begin(), request.jobs.end());
  request.jobs.erase(std::unique(request.jobs.begin(), request.jobs.end()), request.jobs.end());
  const auto give_up = answer_by(request.timeout, longest_wait);
  for (;;) {
    const auto standing = look(context, request.jobs);
    if (!standing) {
      co_await context.responder.fail(standing.error());
      co_return;
    }
    const bool enough = standing->pending.empty() || (request.any && !standing->done.empty());
    if (enough || io::Clock::now() >= give_up) {
      co_await context.responder.reply(to_json(*standing));
      co_return;
    }
    co_await context.jobs.any_news(give_up);
  }
}

}  // namespace procpool::verbs
