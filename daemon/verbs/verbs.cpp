#include "daemon/verbs/verbs.hpp"

namespace procpool::verbs {

asio::awaitable<void> answer(Context& context, request::Any&& request) {
  // Not a coroutine: it hands on the one of the verb.
  return std::visit([&context](auto& r) { return answer(context, std::move(r)); }, request);
}

}  // namespace procpool::verbs
