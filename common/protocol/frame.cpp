#include "common/protocol/frame.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace procpool::protocol {

char* FrameSplitter::prepare(std::size_t size) {
  if (taken_ == filled_) {
    taken_ = searched_ = filled_ = 0;
    // A buffer that one large message has blown up is given back.
    constexpr std::size_t usual = 1 << 20;
    if (buffer_.size() > usual) buffer_ = Memory();
  } else if (taken_ > 0 && filled_ + size > buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + taken_, filled_ - taken_);
    filled_ -= taken_;
    searched_ -= taken_;
    taken_ = 0;
  }
  if (filled_ + size > buffer_.size()) buffer_.resize(std::max(filled_ + size, buffer_.size() * 2));
  return buffer_.data() + filled_;
}

std::shared_ptr<const void> FrameSplitter::give_memory() {
  Memory other;
  const std::string_view rest = begun();
  if (!rest.empty()) {
    other.resize(rest.size());
    std::memcpy(other.data(), rest.data(), rest.size());
  }
  std::swap(buffer_, other);
  taken_ = searched_ = 0;
  filled_ = rest.size();
  return std::make_shared<Memory>(std::move(other));
}

void FrameSplitter::commit(std::size_t size) { filled_ += size; }

Result<std::optional<std::string_view>> FrameSplitter::next() {
  const char* const from = buffer_.data() + searched_;
  const void* const found = filled_ > searched_ ? std::memchr(from, end_, filled_ - searched_) : nullptr;
  const std::size_t end =
      found != nullptr ? static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) : filled_;
  if (end - taken_ > limit_)
    return Error(ErrorCode::too_large,
                 "a message is longer than the limit of " + std::to_string(limit_) + " bytes");
  searched_ = end;
  if (found == nullptr) return std::optional<std::string_view>();
  const std::string_view message(buffer_.data() + taken_, end - taken_);
  taken_ = searched_ = end + 1;
  return std::optional(message);
}

}  // namespace procpool::protocol
