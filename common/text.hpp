#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// Text that is carried: what is small is copied wherever that is easiest, what is large stays
/// where it was received, and whoever needs it holds the block of memory in which it stands.
namespace procpool {

/// A part of a block, which it keeps. Without a block it is borrowed for the call.
struct Slice {
  Slice() = default;
  Slice(std::string_view borrowed) : bytes(borrowed) {}
  Slice(const char* borrowed) : bytes(borrowed) {}
  Slice(const std::string& borrowed) : bytes(borrowed) {}
  Slice(std::string_view part, std::shared_ptr<const void> whole) : bytes(part), block(std::move(whole)) {}

  std::string_view bytes;
  std::shared_ptr<const void> block;
};

/// A text of its own, or a slice that has a block.
class Text {
 public:
  Text() = default;
  Text(std::string own) : text_(std::move(own)) {}
  Text(const char* own) : text_(std::string(own)) {}
  Text(std::string_view copied) : text_(std::string(copied)) {}
  /// Copies what is borrowed.
  explicit Text(Slice slice) {
    if (slice.block) {
      text_ = std::move(slice);
    } else {
      text_ = std::string(slice.bytes);
    }
  }

  std::string_view view() const {
    const auto* own = std::get_if<std::string>(&text_);
    return own != nullptr ? std::string_view(*own) : std::get<Slice>(text_).bytes;
  }
  operator std::string_view() const { return view(); }
  std::size_t size() const { return view().size(); }
  bool empty() const { return view().empty(); }

  /// Precondition: it is not shared.
  Text& append(std::string_view more) {
    std::get<std::string>(text_) += more;
    return *this;
  }

  bool is_shared() const { return std::holds_alternative<Slice>(text_); }
  /// Borrowed from here if it is not shared.
  Slice slice() const { return is_shared() ? std::get<Slice>(text_) : Slice(view()); }

  template <class Other>
  requires std::convertible_to<const Other&, std::string_view>
  friend bool operator==(const Text& text, const Other& other) {
    return text.view() == std::string_view(other);
  }

 private:
  std::variant<std::string, Slice> text_;
};

/// A text that is put together around slices that stay where they are.
struct Parts {
  struct Insert {
    std::size_t at = 0;  // before this byte of `text`
    Slice slice;         // with a block
  };

  Parts() = default;
  Parts(std::string whole) : text(std::move(whole)) {}

  void prepend(std::string_view bytes) {
    text.insert(0, bytes);
    for (Insert& insert : inserts) insert.at += bytes.size();
  }

  /// All of it in one string.
  std::string flat() && {
    if (inserts.empty()) return std::move(text);
    std::string whole;
    std::size_t done = 0;
    for (const Insert& insert : inserts) {
      whole.append(text, done, insert.at - done).append(insert.slice.bytes);
      done = insert.at;
    }
    return whole.append(text, done);
  }

  std::string text;             // without the slices
  std::vector<Insert> inserts;  // in their order
};

}  // namespace procpool
