#pragma once

#include <cstddef>
#include <utility>

namespace procpool::protocol {

/// Memory to receive into. Nothing is written to it ahead of the bytes that come, and when much
/// of it grows or shrinks, pages change their place, not bytes: it comes from malloc(3) while it
/// is small, which copies as it likes, and from mmap(2) beyond.
class Memory {
 public:
  Memory() = default;
  Memory(Memory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Memory& operator=(Memory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Memory();

  /// What was in it stays, as far as there is room. Throws std::bad_alloc.
  void resize(std::size_t size);

  char* data() { return data_; }
  const char* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace procpool::protocol
