// Calls of clients: whatever comes is answered, and a call that is understood can be
// written and read again.

#include <variant>

#include "common/json/view.hpp"
#include "common/protocol/reply_codec.hpp"
#include "common/protocol/request_codec.hpp"
#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace procpool;
  using fuzz::require;
  const protocol::DecodedCall decoded = protocol::decode_call(fuzz::text_of(data, size));
  if (const auto* refusal = std::get_if<protocol::Refusal>(&decoded)) {
    const std::string text = protocol::encode_error(refusal->error, refusal->parameters);
    const auto reply = protocol::decode_reply(text);
    require(static_cast<bool>(reply), "a refusal is a reply");
    require(reply->error == refusal->error, "a refusal keeps its error");
  }
  if (const auto* call = std::get_if<protocol::Call>(&decoded)) {
    const std::string text = protocol::encode_call(call->request, call->more);
    const auto again = protocol::decode_call(text);
    require(std::holds_alternative<protocol::Call>(again), "what was understood is understood again");
    const auto& back = std::get<protocol::Call>(again);
    require(protocol::encode_call(back.request, back.more) == text, "nothing is lost on the way");
  }
  // The client takes replies apart; any bytes will do for that, too.
  if (const auto reply = protocol::decode_reply(fuzz::text_of(data, size))) {
    static_cast<void>(protocol::to_error(*reply));
    static_cast<void>(protocol::decode_results(reply->parameters));
    static_cast<void>(protocol::decode_record(reply->parameters));
    static_cast<void>(protocol::decode_job(reply->parameters));
  }
  return 0;
}
