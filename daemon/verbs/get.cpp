#include "common/protocol/reply_codec.hpp"
#include "daemon/verbs/verbs.hpp"
#include "daemon/verbs/wait_time.hpp"

namespace procpool::verbs {

asio::awaitable<void> answer(Context& context, request::Get request) {
  const bool streams = context.responder.wants_more();
  const auto silent_until = answer_by(request.wait, longest_wait);
  co_await context.jobs.settled(request.job, answer_by(std::nullopt, heartbeat));
  for (;;) {
    auto results = context.jobs.results(context.caller, request);
    if (!results) {
      co_await context.responder.fail(results.error());
      co_return;
    }
    request.after = results->cursor;
    const bool done = results->result.has_value();
    const bool has_news = done || !results->pieces.empty();
    if (done || (has_news && !streams)) {
      co_await context.responder.reply(protocol::to_json(*results));
      co_return;
    }
    if (has_news) {
      co_await context.responder.reply_and_continue(protocol::to_json(*results));
      continue;
    }
    const auto wake = streams ? answer_by(std::nullopt, heartbeat) : silent_until;
    co_await context.jobs.news(request.job, wake);
    if (io::Clock::now() < wake) continue;
    if (!streams) {
      co_await context.responder.reply(protocol::to_json(*results));
      co_return;
    }
    co_await context.responder.reply_and_continue(protocol::to_json(*results));
  }
}

}  // namespace procpool::verbs
