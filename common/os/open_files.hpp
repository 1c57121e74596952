#pragma once

#include <cstdint>
#include <optional>

/// How many descriptors this process may have (RLIMIT_NOFILE), and has.
namespace procpool::os {

/// Raises the soft limit to the hard one. Returns the soft limit from before, which is
/// what children are to get (ChildPlan): a program that uses select(2), or closes every
/// number up to the limit, does not expect another one. Nothing if it cannot be known.
std::optional<std::uint64_t> raise_open_files();

std::uint64_t most_open_files();
std::uint64_t open_files();

}  // namespace procpool::os
