#pragma once

#include <asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/text.hpp"

namespace procpool::verbs {

/// Where a verb's answers go. A call that wants none, and a connection that is gone,
/// are the responder's business: a verb just answers.
class Responder {
 public:
  virtual ~Responder() = default;

  /// Does the caller take several replies?
  virtual bool wants_more() const = 0;
  /// The last reply, or the only one. `parameters` is a JSON object.
  virtual asio::awaitable<void> reply(Parts parameters) = 0;
  /// One of several. Precondition: wants_more().
  virtual asio::awaitable<void> reply_and_continue(Parts parameters) = 0;
  virtual asio::awaitable<void> fail(const Error& error) = 0;
  virtual asio::awaitable<void> fail(std::string_view full_name, std::string_view parameters) = 0;
};

}  // namespace procpool::verbs
