#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::worker {

/// The writer of an outbox (common/protocol/outbox.hpp). Where the system gives no
/// memory that can be shared (RLIMIT_FSIZE holds for a memfd too), it is memory of
/// this process alone: everything works, but the daemon does not see it.
///
/// A child that this process forks has none of it: the mapping is not inherited, and
/// is_mine() tells the child so without a system call, however it was forked.
class Outbox {
 public:
  /// With room for `size` bytes in all, a multiple of the page size.
  static Result<Outbox> make(std::size_t size);

  Outbox(Outbox&& other) noexcept;
  Outbox& operator=(Outbox&&) = delete;
  ~Outbox();

  bool is_shared() const { return is_shared_; }
  /// Goes with the `ready` line, and is of no use afterwards. Not valid if not shared.
  os::Fd take_descriptor() { return std::move(memory_); }

  /// False in a child that was forked: nothing else may be called there.
  bool is_mine() const { return *static_cast<const volatile char*>(mark_) != 0; }

  /// The next task begins. False: the daemon has taken it back, and all that is left of the
  /// batch; the next one is that of another batch.
  [[nodiscard]] bool begin();
  /// The last one has not, and may do so again.
  void not_begun();
  /// So many tasks were answered, past the text or with it.
  void answered(std::uint64_t count) { answered_ += count; }

  std::size_t room() const { return size_ - end_; }
  /// The whole text could never hold more. [bytes]
  std::size_t capacity() const;
  /// Committed as soon as the last byte is a TAB or a line end. Precondition: there is room.
  void append(std::string_view bytes);
  std::string_view text() const;
  /// The text was sent.
  void clear();

 private:
  Outbox(os::Fd memory, void* base, std::size_t size, void* mark);

  std::atomic_ref<std::uint64_t> begun();

  os::Fd memory_;
  char* base_;
  std::size_t size_;
  void* mark_;  // a page that is zero in a forked child
  bool is_shared_;
  std::size_t end_;  // of the text
  std::uint64_t answered_ = 0;
};

}  // namespace procpool::worker
