#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace procpool {

/// A number with a meaning. Ids of different kinds do not mix, and none can be
/// calculated with.
template <class Tag>
struct Id {
  std::int64_t number = 0;
  friend auto operator<=>(const Id&, const Id&) = default;
};

using JobId = Id<struct JobTag>;
using WorkerId = Id<struct WorkerTag>;    // one life of one worker, never reused
using SessionId = Id<struct SessionTag>;  // one connection

}  // namespace procpool

template <class Tag>
struct std::hash<procpool::Id<Tag>> {
  std::size_t operator()(procpool::Id<Tag> id) const noexcept { return std::hash<std::int64_t>{}(id.number); }
};
