#include "common/protocol/frame.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

namespace procpool::protocol {

char* FrameSplitter::prepare(std::size_t size) {
  if (taken_ == filled_) {
    taken_ = searched_ = filled_ = 0;
    // A buffer that one large message has blown up is given back.
    constexpr std::size_t usual = 1 << 20;
    if (size_ > usual) {
      buffer_.reset();
      size_ = 0;
    }
  } else if (taken_ > 0 && filled_ + size > size_) {
    std::memmove(buffer_.get(), buffer_.get() + taken_, filled_ - taken_);
    filled_ -= taken_;
    searched_ -= taken_;
    taken_ = 0;
  }
  if (filled_ + size > size_) {
    const std::size_t more = std::max(filled_ + size, size_ * 2);
    void* const grown = std::realloc(buffer_.get(), more);
    if (grown == nullptr) throw std::bad_alloc();
    static_cast<void>(buffer_.release());
    buffer_.reset(static_cast<char*>(grown));
    size_ = more;
  }
  return buffer_.get() + filled_;
}

void FrameSplitter::commit(std::size_t size) { filled_ += size; }

Result<std::optional<std::string_view>> FrameSplitter::next() {
  const char* const from = buffer_.get() + searched_;
  const void* const found = filled_ > searched_ ? std::memchr(from, end_, filled_ - searched_) : nullptr;
  const std::size_t end =
      found != nullptr ? static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.get()) : filled_;
  if (end - taken_ > limit_)
    return Error(ErrorCode::too_large,
                 "a message is longer than the limit of " + std::to_string(limit_) + " bytes");
  searched_ = end;
  if (found == nullptr) return std::optional<std::string_view>();
  const std::string_view message(buffer_.get() + taken_, end - taken_);
  taken_ = searched_ = end + 1;
  return std::optional(message);
}

}  // namespace procpool::protocol
