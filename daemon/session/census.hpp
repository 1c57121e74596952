#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <set>
#include <unordered_map>
#include <vector>

#include "common/protocol/reply.hpp"
#include "common/result.hpp"
#include "config/settings.hpp"
#include "daemon/io/event.hpp"

namespace procpool::session {

/// Why a connection was given up.
enum class Cut { large_message, deep_message, many_descriptors, half_message, reader_stopped };

/// Counts the connections, in all and of each user, against their bounds, what waits on
/// them for its reader, and those that were given up.
class Census {
 public:
  Census(asio::any_io_executor executor, const config::Limits& limits)
      : limits_(limits), changed_(executor) {}

  /// One more, unless that is too many. The last places are kept for those who may
  /// administer: others could otherwise lock them out.
  Result<void> enter(uid_t user, bool may_administer);
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

  /// Counts an answer for as long as it waits for its reader.
  class Unsent {
   public:
    Unsent(Census& census, std::uint64_t bytes) : census_(census), place_(census.unsent_.insert(bytes)) {
      ++census_.answers_that_waited_;
    }
    ~Unsent() { census_.unsent_.erase(place_); }
    Unsent(const Unsent&) = delete;
    Unsent& operator=(const Unsent&) = delete;

   private:
    Census& census_;
    std::multiset<std::uint64_t>::iterator place_;
  };

  void was_cut(Cut why) { ++cuts_[static_cast<std::size_t>(why)]; }

  std::uint64_t calls() const { return calls_; }
  /// Returns when a call has been answered, or at the deadline.
  asio::awaitable<void> news(io::Deadline deadline) { return changed_.wait(deadline); }
  std::uint64_t connections() const { return connections_; }
  std::vector<reply::Limit> describe() const;

 private:
  std::uint64_t most_for(bool may_administer) const;
  std::uint64_t cuts(Cut why) const { return cuts_[static_cast<std::size_t>(why)]; }

  const config::Limits& limits_;
  std::uint64_t connections_ = 0;
  std::unordered_map<uid_t, std::uint64_t> of_user_;
  std::uint64_t refused_ = 0;
  std::uint64_t refused_of_user_ = 0;
  std::uint64_t calls_ = 0;
  std::multiset<std::uint64_t> unsent_;  // of each answer that waits [bytes]
  std::uint64_t answers_that_waited_ = 0;
  std::array<std::uint64_t, 5> cuts_{};  // by Cut
  io::Event changed_;
};

}  // namespace procpool::session
