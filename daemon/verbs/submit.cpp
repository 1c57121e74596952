#include <algorithm>

#include "common/json/writer.hpp"
#include "daemon/verbs/verbs.hpp"
#include "daemon/verbs/wait_time.hpp"

namespace procpool::verbs {
namespace {

constexpr std::chrono::milliseconds between_looks_for_room{100};

}  // namespace

asio::awaitable<void> answer(Context& context, request::Submit&& request) {
  if (request.spec.verb == Verb::run) {
    co_await context.responder.fail(
        Error(ErrorCode::invalid_parameter, "'run' is called by Apply, with three descriptors"));
    co_return;
  }
  const bool is_kept = !request.spec.attached;
  std::vector<os::Fd> descriptors;
  if (request.spec.pass_outputs) descriptors = std::move(context.descriptors);
  const auto job =
      co_await context.jobs.submit(context.caller, std::move(request.spec), std::move(request.inputs),
                                   request.last, std::move(descriptors));
  if (!job) {
    co_await context.responder.fail(job.error());
    co_return;
  }
  json::Writer out;
  out.begin_object().field("job", job->job.number);
  if (job->existed) out.field("existed", true);
  if (const std::string notice = is_kept ? context.daemon.notice_about_kept_jobs() : ""; !notice.empty())
    out.field("notice", notice);
  const std::string reply = out.end_object().take();
  co_await context.responder.reply(reply);
}

asio::awaitable<void> answer(Context& context, request::Feed request) {
  const auto give_up = answer_by(std::nullopt, longest_wait_for_room);
  for (;;) {
    const auto fed = co_await context.jobs.feed(context.caller, request.job, request.inputs, request.last);
    if (!fed) {
      co_await context.responder.fail(fed.error());
      co_return;
    }
    const bool late = io::Clock::now() >= give_up;
    if (*fed != JobService::Fed::no_room || late) {
      json::Writer out;
      out.begin_object().field("accepted", *fed == JobService::Fed::accepted);
      const std::string reply = out.field("ended", *fed == JobService::Fed::job_ended).end_object().take();
      co_await context.responder.reply(reply);
      co_return;
    }
    // What the tasks of others leave makes room as well, and nobody tells of that.
    co_await context.jobs.news(request.job, std::min(give_up, io::Clock::now() + between_looks_for_room));
  }
}

}  // namespace procpool::verbs
