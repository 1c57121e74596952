#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/job/outcome.hpp"
#include "common/protocol/reply.hpp"

/// What a row holds that no query looks into, as one string of bytes: numbers of 7 bits
/// a byte, texts with their length in front.
namespace procpool::store {

/// Nanoseconds since 1970, as columns hold a time.
std::int64_t to_column(WallTime time);
std::optional<std::int64_t> to_column(const std::optional<WallTime>& time);
WallTime to_wall_time(std::int64_t column);
std::optional<WallTime> to_wall_time(const std::optional<std::int64_t>& column);

/// All of an outcome but its first task, count and state, which are columns.
std::string pack_outcome(const Outcome& outcome);
/// Fills them into `outcome`; false if the bytes are none of ours.
bool unpack_outcome(std::string_view bytes, Outcome& outcome);

std::string pack_failures(const std::vector<reply::CallbackFailure>& failures);
std::optional<std::vector<reply::CallbackFailure>> unpack_failures(std::string_view bytes);

/// What stays to be told of a job that has ended.
struct Summary {
  std::optional<WallTime> started_at;
  reply::TaskCounts tasks;
  std::vector<reply::CallbackFailure> callback_failures;
};
std::string pack_summary(const Summary& summary);
std::optional<Summary> unpack_summary(std::string_view bytes);

}  // namespace procpool::store
