#include "common/json/writer.hpp"
#include "common/protocol/reply_codec.hpp"
#include "daemon/verbs/verbs.hpp"
#include "daemon/verbs/wait_time.hpp"

namespace procpool::verbs {
namespace {

/// Who runs a command must know its id soon, to pass signals on; but most commands that many
/// wait for have ended by then, and the reply would wake a client for nothing.
constexpr std::chrono::milliseconds soon{5};

Parts job_and_record(JobId job, const Record* record) {
  json::Writer out;
  out.begin_object().field("job", job.number);
  if (record != nullptr) protocol::write_record(out.key("record"), *record);
  return out.end_object().take_parts();
}

}  // namespace

asio::awaitable<void> answer(Context& context, request::Apply&& request) {
  const bool is_run = request.spec.verb == Verb::run;
  const auto submitted =
      co_await context.jobs.submit(context.caller, std::move(request.spec), std::move(request.inputs), true,
                                   std::move(context.descriptors));
  if (!submitted) {
    co_await context.responder.fail(submitted.error());
    co_return;
  }
  const JobId job = submitted->job;
  const bool streams = context.responder.wants_more();

  request::Get get;
  get.job = job;
  get.records = true;
  const auto silent_until = answer_by(std::nullopt, longest_wait);
  auto wake = streams ? io::Clock::now() + (is_run ? soon : heartbeat) : silent_until;
  for (;;) {
    auto results = context.jobs.results(context.caller, get);
    if (!results) {
      co_await context.responder.fail(results.error());
      co_return;
    }
    if (results->result && !results->pieces.empty()) {
      const auto* record = std::get_if<Record>(&results->pieces.front());
      co_await context.responder.reply(job_and_record(job, record));
      co_return;
    }
    co_await context.jobs.news(job, wake);
    if (io::Clock::now() < wake) continue;
    if (!streams) {
      co_await context.responder.reply(job_and_record(job, nullptr));
      co_return;
    }
    co_await context.responder.reply_and_continue(job_and_record(job, nullptr));
    wake = answer_by(std::nullopt, heartbeat);
  }
}

}  // namespace procpool::verbs
