#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/os/fd.hpp"
#include "common/protocol/outbox.hpp"

/// What a worker that has died says by its outbox, or one that begins no further task (Brake).
/// It is believed no more than what it said by its channel: the descriptor may be anything,
/// and so may the content.
namespace procpool::pool {

/// Reads it. Nothing if it is no outbox, or if reading it could wait: only memory that
/// can be sealed is read, and is not mapped, so that nobody can shrink it under us. Nothing,
/// too, if its text begins anew whenever it is read: a worker that begins no further task
/// does that once at most, with the answer to the one that it runs.
std::optional<outbox::Remains> read_outbox(const os::Fd& memory);

/// What says more than is known; none if there is a gap before it.
struct Unheard {
  std::vector<std::string_view> lines;
  std::uint64_t known = 0;  // so many tasks at the beginning of the first line
};
/// Known are the first `answered` tasks of the worker's life.
Unheard unheard_lines(const outbox::Remains& remains, std::uint64_t answered);

}  // namespace procpool::pool
