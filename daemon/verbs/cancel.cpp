// Ending jobs and passing signals to them: Cancel and SendSignal.

#include "common/json/writer.hpp"
#include "common/os/wait_status.hpp"
#include "daemon/verbs/verbs.hpp"

namespace procpool::verbs {
namespace {

/// The signal by its plain name; an error for what is none.
Result<std::string> plain_signal(const std::string& name) {
  const auto number = os::signal_number(name);
  if (!number) return Error(ErrorCode::invalid_parameter, "there is no signal '" + name + "'");
  return os::signal_name(*number);
}

}  // namespace

asio::awaitable<void> answer(Context& context, request::Cancel request) {
  const auto signal = plain_signal(request.signal);
  if (!signal) {
    co_await context.responder.fail(signal.error());
    co_return;
  }
  request.signal = *signal;
  // All of them or none.
  for (const JobId job : request.jobs)
    if (const auto known = context.jobs.has_ended(context.caller, job); !known) {
      co_await context.responder.fail(known.error());
      co_return;
    }
  json::Writer out;
  out.begin_object().key("cancelled").begin_array();
  for (const JobId job : request.jobs) {
    const auto cancelled = co_await context.jobs.cancel(context.caller, job, request);
    if (!cancelled) {
      co_await context.responder.fail(cancelled.error());
      co_return;
    }
    if (*cancelled) out.number(job.number);
  }
  const std::string reply = out.end_array().end_object().take();
  co_await context.responder.reply(reply);
}

asio::awaitable<void> answer(Context& context, request::SendSignal request) {
  const auto signal = plain_signal(request.signal);
  if (!signal) {
    co_await context.responder.fail(signal.error());
    co_return;
  }
  const auto delivered = context.jobs.send_signal(context.caller, request.job, *signal);
  if (!delivered) {
    co_await context.responder.fail(delivered.error());
    co_return;
  }
  json::Writer out;
  const std::string reply = out.begin_object().field("delivered", *delivered).end_object().take();
  co_await context.responder.reply(reply);
}

}  // namespace procpool::verbs
