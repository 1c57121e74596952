// The methods about the daemon itself.

#include "common/json/writer.hpp"
#include "common/protocol/reply_codec.hpp"
#include "daemon/verbs/administration.hpp"
#include "daemon/verbs/verbs.hpp"

namespace procpool::verbs {
namespace {

void write_list(json::Writer& out, std::string_view name, const std::vector<std::string>& list) {
  out.key(name).begin_array();
  for (const std::string& entry : list) out.string(entry);
  out.end_array();
}

}  // namespace

asio::awaitable<void> answer(Context& context, request::GetStatus) {
  co_await context.responder.reply(protocol::to_json(context.daemon.status(context.caller)));
}

asio::awaitable<void> answer(Context& context, request::GetLimits) {
  co_await context.responder.reply(protocol::list_to_json("limits", context.daemon.limits()));
}

asio::awaitable<void> answer(Context& context, request::Drain) {
  if (const auto allowed = may_administer(context.caller); !allowed) {
    co_await context.responder.fail(allowed.error());
    co_return;
  }
  co_await context.responder.reply(std::string("{}"));
  context.daemon.drain(context.caller);
}

asio::awaitable<void> answer(Context& context, request::Stop) {
  if (const auto allowed = may_administer(context.caller); !allowed) {
    co_await context.responder.fail(allowed.error());
    co_return;
  }
  co_await context.responder.reply(std::string("{}"));
  context.daemon.stop(context.caller);
}

asio::awaitable<void> answer(Context& context, request::Reload) {
  if (const auto allowed = may_administer(context.caller); !allowed) {
    co_await context.responder.fail(allowed.error());
    co_return;
  }
  const auto reloaded = context.daemon.reload(context.caller);
  if (!reloaded) {
    co_await context.responder.fail(reloaded.error());
    co_return;
  }
  json::Writer out;
  out.begin_object();
  write_list(out, "changed", reloaded->changed);
  write_list(out, "needs_restart", reloaded->needs_restart);
  const std::string reply = out.end_object().take();
  co_await context.responder.reply(reply);
}

asio::awaitable<void> answer(Context& context, request::GetSettings) {
  // They may hold what is not for everybody, as an environment does.
  if (const auto allowed = may_administer(context.caller); !allowed) {
    co_await context.responder.fail(allowed.error());
    co_return;
  }
  co_await context.responder.reply(protocol::to_json(context.daemon.settings()));
}

asio::awaitable<void> answer(Context& context, request::SetLogLevel request) {
  if (const auto allowed = may_administer(context.caller); !allowed) {
    co_await context.responder.fail(allowed.error());
    co_return;
  }
  context.daemon.set_log_level(request.level);
  co_await context.responder.reply(std::string("{}"));
}

}  // namespace procpool::verbs
