#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "common/result.hpp"

/// The users and groups of this machine, by name.
namespace procpool::config {

/// One more stands for "nobody in particular" in system calls.
inline constexpr std::int64_t largest_account = 0xFFFF'FFFE;

/// The number behind a name. The error: there is no such name, or nobody can say.
Result<uid_t> user_named(const std::string& name);
Result<gid_t> group_named(const std::string& name);

}  // namespace procpool::config
