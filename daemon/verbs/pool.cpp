// The methods about pools. Each changes something and answers with the pool as it is
// then.

#include "common/json/writer.hpp"
#include "common/protocol/reply_codec.hpp"
#include "daemon/verbs/administration.hpp"
#include "daemon/verbs/verbs.hpp"
#include "daemon/verbs/wait_time.hpp"

namespace procpool::verbs {
namespace {

/// A worker may be at a job that the caller does not see.
void hide_foreign_jobs(Context& context, reply::Pool& pool) {
  if (context.caller.may_see_all) return;
  for (reply::Worker& worker : pool.workers)
    if (worker.job && !context.jobs.has_ended(context.caller, *worker.job)) worker.job.reset();
}

asio::awaitable<void> reply_with_pool(Context& context, std::string name) {
  auto pool = context.pools.show_pool(name);
  if (pool) {
    hide_foreign_jobs(context, *pool);
    co_await context.responder.reply(protocol::one_to_json("pool", *pool));
  } else {
    co_await context.responder.fail(pool.error());
  }
}

/// Carries out what changes a pool, if the caller may.
template <class Change>
Result<void> if_allowed(const Context& context, const Change& change) {
  auto allowed = may_administer(context.caller);
  return allowed ? change() : allowed;
}

asio::awaitable<void> reply_after(Context& context, Result<void> change, std::string name) {
  if (!change) {
    co_await context.responder.fail(change.error());
    co_return;
  }
  const auto saved = co_await context.pools.pool_saved(name);
  if (!saved) {
    co_await context.responder.fail(saved.error());
    co_return;
  }
  co_await reply_with_pool(context, std::move(name));
}

}  // namespace

asio::awaitable<void> answer(Context& context, request::ListPools) {
  auto pools = context.pools.list_pools();
  for (reply::Pool& pool : pools) hide_foreign_jobs(context, pool);
  co_await context.responder.reply(protocol::list_to_json("pools", pools));
}

asio::awaitable<void> answer(Context& context, request::ShowPool request) {
  co_await reply_with_pool(context, std::move(request.name));
}

asio::awaitable<void> answer(Context& context, request::CreatePool request) {
  const std::string name = request.pool.name;
  const auto created =
      if_allowed(context, [&] { return context.pools.create_pool(std::move(request.pool)); });
  if (!created) {
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
    co_await context.responder.fail(pool_is_broken(name, pool->reason));
    co_return;
  }
  co_await reply_after(context, {}, name);
}

asio::awaitable<void> answer(Context& context, request::ResizePool request) {
  auto change = if_allowed(context, [&] { return context.pools.resize_pool(request.name, request.workers); });
  co_await reply_after(context, std::move(change), std::move(request.name));
}

asio::awaitable<void> answer(Context& context, request::PausePool request) {
  auto change = if_allowed(context, [&] { return context.pools.pause_pool(request.name, true); });
  co_await reply_after(context, std::move(change), std::move(request.name));
}

asio::awaitable<void> answer(Context& context, request::ResumePool request) {
  auto change = if_allowed(context, [&] { return context.pools.pause_pool(request.name, false); });
  co_await reply_after(context, std::move(change), std::move(request.name));
}

asio::awaitable<void> answer(Context& context, request::RecyclePool request) {
  auto change = if_allowed(context, [&] { return context.pools.recycle_pool(request.name); });
  co_await reply_after(context, std::move(change), std::move(request.name));
}

asio::awaitable<void> answer(Context& context, request::ClosePool request) {
  auto change = if_allowed(context, [&] { return context.pools.close_pool(request.name); });
  co_await reply_after(context, std::move(change), std::move(request.name));
}

asio::awaitable<void> answer(Context& context, request::TerminatePool request) {
  auto change = if_allowed(context, [&] { return context.pools.terminate_pool(request.name); });
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
      auto pool = context.pools.show_pool(request.name);
      if (pool) hide_foreign_jobs(context, *pool);
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
