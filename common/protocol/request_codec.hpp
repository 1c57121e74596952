#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "common/json/view.hpp"
#include "common/protocol/request.hpp"

/// Varlink calls to and from text. The rules: varlink.org, "Method Call".
namespace procpool::protocol {

/// A call that can be answered.
struct Call {
  request::Any request;
  bool more = false;    // the caller takes several replies
  bool oneway = false;  // the caller takes no reply at all, not even an error
};

/// A call that is understood but cannot be meant; the connection goes on.
struct Refusal {
  std::string error;       // full name: "org.varlink.service.MethodNotFound"
  std::string parameters;  // JSON object
  bool oneway = false;
};

/// Not a call at all: the stream is beyond repair and must be closed.
struct Unreadable {
  std::string why;
  bool too_deep = false;  // it may be a call, nested deeper than is read
};

using DecodedCall = std::variant<Call, Refusal, Unreadable>;

/// `message` is one frame without its NUL, nested no deeper than `depth`. [levels]
DecodedCall decode_call(std::string_view message, int depth = json::default_depth);
/// The same for a frame that has been checked; of what is large it keeps slices.
DecodedCall decode_call(const Result<json::View>& checked);

/// A frame without its NUL.
std::string encode_call(const request::Any& request, bool more);
/// The same for a method and parameters as the user typed them; the method's
/// interface is added if it has none.
std::string encode_call(std::string_view method, std::string_view parameters, bool more);

}  // namespace procpool::protocol
