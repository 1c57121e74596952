#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "common/protocol/memory.hpp"
#include "common/result.hpp"

namespace procpool::protocol {

/// Cuts a stream of bytes into messages that end with one byte: NUL for Varlink, a
/// line end for workers. What has been read stays here until it is taken; a message
/// longer than the limit is an error as soon as that is certain.
class FrameSplitter {
 public:
  FrameSplitter(char end, std::size_t limit) : end_(end), limit_(limit) {}

  /// Room for at least `size` more bytes, to read into. commit() says how many came.
  char* prepare(std::size_t size);
  void commit(std::size_t size);

  /// The next whole message, without its end byte; nothing if more bytes are needed.
  /// The view holds until the next prepare(). too_large: the stream is beyond repair.
  Result<std::optional<std::string_view>> next();

  /// Bytes that have come and are not taken.
  std::size_t pending() const { return filled_ - taken_; }
  /// When next() has found none: what has come of the next message. The view holds until the
  /// next prepare().
  std::string_view begun() const { return {buffer_.data() + taken_, pending()}; }

  /// The memory in which the message stands that next() gave last, for whoever wants to keep
  /// it: the view holds as long as this is held. What has come behind the message is copied.
  std::shared_ptr<const void> give_memory();

 private:
  char end_;
  std::size_t limit_;
  Memory buffer_;
  std::size_t taken_ = 0;     // before it: messages that were handed out
  std::size_t searched_ = 0;  // before it: no end byte that was not taken
  std::size_t filled_ = 0;
};

}  // namespace procpool::protocol
