#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

/// The files of which a control group is made, as the kernel writes and reads them.
namespace procpool::os::cgroup_files {

Result<void> write_to(const std::string& path, std::string_view text);

/// Empty if it cannot be read.
std::string content_of(const std::string& path);

/// The number behind a word, one pair a line: "populated 0".
std::optional<std::uint64_t> value_in(const std::string& table, std::string_view word);

/// Is it one of the words between blanks?
bool has_word(const std::string& list, std::string_view word);

/// Who is in the group itself; those of other process namespaces, who have the number 0
/// here, are among them.
std::vector<pid_t> processes_in(const std::string& group);

}  // namespace procpool::os::cgroup_files
