// The methods about pools. Each changes something and answers with the pool as it is
// then.

#include "common/json/writer.hpp"
#include "common/protocol/reply_codec.hpp"
#include "daemon/verbs/verbs.hpp"
#include "daemon/verbs/wait_time.hpp"

namespace procpool::verbs {
namespace {

asio::awaitable<void> reply_with_pool(Context& context, std::string name) {
  const auto pool = context.pools.show_pool(name);
  if (pool) {
    co_await context.responder.reply(protocol::one_to_json("pool", *pool));
  } else {
    co_await context.responder.fail(pool.error());
  }
}

asio::awaitable<void> reply_after(Context& context, Result<void> change, std::string name) {
  if (!change) {
    co_await context.responder.fail(change.error());
    co_return;
  }
  co_await reply_with_pool(context, std::move(name));
}

}  // namespace

asio::awaitable<void> answer(Context& context, request::ListPools) {
  co_await context.responder.reply(protocol::list_to_json("pools", context.pools.list_pools()));
}

asio::awaitable<void> answer(Context& context, request::ShowPool request) {
  co_await reply_with_pool(context, std::move(request.name));
}

asio::awaitable<void> answer(Context& context, request::CreatePool request) {
  const std::string name = request.pool.name;
  if (auto created = context.pools.create_pool(std::move(request.pool)); !created) {
    co_await context.responder.fail(created.error());
    co_return;
  }
  const auto give_up = answer_by(std::nullopt, longest_wait);
  for (;;) {
    const auto pool = context.pools.show_pool(name);
    if (!pool || pool->state != reply::PoolState::starting || io::Clock::now() >= give_up) break;
    co_await context.pools.pool_news(give_up);
  }
  const auto pool = context.pools.show_pool(name);
  if (pool && pool->state == reply::PoolState::broken) {
    co_await context.responder.fail(
        Error(ErrorCode::pool_broken, "pool '" + name + "' is broken: " + pool->reason));
    co_return;
  }
  co_await reply_with_pool(context, name);
}

asio::awaitable<void> answer(Context& context, request::ResizePool request) {
  auto change = context.pools.resize_pool(request.name, request.workers);
  co_await reply_after(context, std::move(change), std::move(request.name));
}

asio::awaitable<void> answer(Context& context, request::PausePool request) {
  auto change = context.pools.pause_pool(request.name, true);
  co_await reply_after(context, std::move(change), std::move(request.name));
}

asio::awaitable<void> answer(Context& context, request::ResumePool request) {
  auto change = context.pools.pause_pool(request.name, false);
  co_await reply_after(context, std::move(change), std::move(request.name));
}

asio::awaitable<void> answer(Context& context, request::RecyclePool request) {
  auto change = context.pools.recycle_pool(request.name);
  co_await reply_after(context, std::move(change), std::move(request.name));
}

asio::awaitable<void> answer(Context& context, request::ClosePool request) {
  auto change = context.pools.close_pool(request.name);
  co_await reply_after(context, std::move(change), std::move(request.name));
}

asio::awaitable<void> answer(Context& context, request::TerminatePool request) {
  auto change = context.pools.terminate_pool(request.name);
  co_await reply_after(context, std::move(change), std::move(request.name));
}

asio::awaitable<void> answer(Context& context, request::JoinPool request) {
  const auto give_up = answer_by(request.timeout, longest_wait);
  for (;;) {
    const auto ended = context.pools.pool_has_ended(request.name);
    if (!ended) {
      co_await context.responder.fail(ended.error());
      co_return;
    }
    if (*ended || io::Clock::now() >= give_up) {
      const auto pool = context.pools.show_pool(request.name);
      json::Writer out;
      out.begin_object().field("joined", *ended);
      if (pool) out.raw_field("pool", protocol::to_json(*pool));
      const std::string reply = out.end_object().take();
      co_await context.responder.reply(reply);
      co_return;
    }
    co_await context.pools.pool_news(give_up);
  }
}

}  // namespace procpool::verbs
