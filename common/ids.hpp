#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

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

/// For people.
inline std::string named(JobId id) { return "job " + std::to_string(id.number); }

}  // namespace procpool

template <class Tag>
struct std::hash<procpool::Id<Tag>> {
  std::size_t operator()(procpool::Id<Tag> id) const noexcept { return std::hash<std::int64_t>{}(id.number); }
};
