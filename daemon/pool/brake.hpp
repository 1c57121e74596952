#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "common/os/fd.hpp"

namespace procpool::pool {

/// By which a worker that gives back is kept from beginning more of what it has: the
/// beginning of its outbox (common/protocol/outbox.hpp), mapped. Whatever a worker writes
/// there, the worst is that its own tasks run again, or wait for it.
class Brake {
 public:
  /// Nothing if it is no memory that could not be taken away from under us.
  static std::optional<Brake> on(const os::Fd& outbox);

  /// The worker has `open` tasks behind the first `answered` of its life: how many of them
  /// it has begun. It begins no other of them. Nothing if it has begun none: that would
  /// leave it without any, and it may be about to.
  std::optional<std::uint64_t> stop(std::uint64_t answered, std::uint64_t open);

 private:
  struct Unmap {
    void operator()(void* memory) const;
  };
  explicit Brake(void* memory) : memory_(memory) {}

  std::unique_ptr<void, Unmap> memory_;
};

}  // namespace procpool::pool
