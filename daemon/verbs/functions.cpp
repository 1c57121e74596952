#include "common/protocol/reply_codec.hpp"
#include "daemon/verbs/verbs.hpp"

namespace procpool::verbs {

asio::awaitable<void> answer(Context& context, request::ListFunctions request) {
  const auto functions = context.pools.list_functions(request.pool);
  if (functions) {
    co_await context.responder.reply(protocol::list_to_json("functions", *functions));
  } else {
    co_await context.responder.fail(functions.error());
  }
}

}  // namespace procpool::verbs
