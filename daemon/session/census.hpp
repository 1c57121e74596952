#pragma once

#include <sys/types.h>

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "common/protocol/reply.hpp"
#include "common/result.hpp"
#include "daemon/io/event.hpp"

namespace procpool::session {

/// Counts the connections, in all and of each user, against their bounds.
class Census {
 public:
  Census(asio::any_io_executor executor, std::uint64_t most, std::uint64_t most_per_user)
      : most_(most), most_per_user_(most_per_user), changed_(executor) {}

  /// One more, unless that is too many.
  Result<void> enter(uid_t user);
  void leave(uid_t user);

  /// Counts a call for as long as it is being answered.
  class Call {
   public:
    explicit Call(Census& census) : census_(census) { ++census_.calls_; }
    ~Call() {
      --census_.calls_;
      census_.changed_.notify_all();
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    Census& census_;
  };

  std::uint64_t calls() const { return calls_; }
  /// Returns when a call has been answered, or at the deadline.
  asio::awaitable<void> news(io::Deadline deadline) { return changed_.wait(deadline); }
  std::uint64_t connections() const { return connections_; }
  std::vector<reply::Limit> describe() const;

 private:
  std::uint64_t most_;
  std::uint64_t most_per_user_;
  std::uint64_t connections_ = 0;
  std::unordered_map<uid_t, std::uint64_t> of_user_;
  std::uint64_t refused_ = 0;
  std::uint64_t refused_of_user_ = 0;
  std::uint64_t calls_ = 0;
  io::Event changed_;
};

}  // namespace procpool::session
