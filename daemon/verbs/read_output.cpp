#include "common/json/bytes.hpp"
#include "daemon/verbs/verbs.hpp"
#include "daemon/verbs/wait_time.hpp"

namespace procpool::verbs {
namespace {

/// A command that prints tells nobody: it is looked at so often, while somebody asks.
constexpr std::chrono::milliseconds between_looks{100};

std::string to_json(const JobService::Printed& printed) {
  json::Writer out;
  out.begin_object();
  json::write_bytes(out, "output", printed.bytes);
  out.field("from", printed.from).field("cursor", printed.from + printed.bytes.size());
  return out.field("runs", printed.runs).end_object().take();
}

}  // namespace

asio::awaitable<void> answer(Context& context, request::ReadOutput request) {
  const auto give_up = answer_by(request.wait, longest_wait);
  bool ran = false;
  for (;;) {
    const auto printed = context.jobs.printed(context.caller, request);
    if (!printed) {
      co_await context.responder.fail(printed.error());
      co_return;
    }
    const auto ended = context.jobs.has_ended(context.caller, request.job);
    const bool is_over = (ran && !printed->runs) || (ended && *ended);
    if (!printed->bytes.empty() || is_over || io::Clock::now() >= give_up) {
      const std::string reply = to_json(*printed);
      co_await context.responder.reply(reply);
      co_return;
    }
    ran = printed->runs;
    const auto next_look = ran ? std::min(give_up, io::Clock::now() + between_looks) : give_up;
    co_await context.jobs.news(request.job, next_look);
  }
}

}  // namespace procpool::verbs
