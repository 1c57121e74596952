#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Limits that are no plain numbers, as people write them.
namespace procpool {

/// "0-3,6": CPU numbers and ranges of them, in any order. Ascending and none twice in
/// what comes back; nothing if it is not that, is empty, or names a CPU that no machine has.
std::optional<std::vector<int>> parse_cpu_list(std::string_view text);
/// The shortest list of ascending numbers.
std::string cpu_list_text(const std::vector<int>& cpus);

/// "027" or "27": octal, up to 777.
std::optional<int> parse_umask(std::string_view text);
/// Always three digits: "027".
std::string umask_text(int umask);

/// What a list and a mask must be, for errors: `must be a list of CPUs like "0-3,6"`.
inline constexpr std::string_view cpu_list_wanted = "a list of CPUs like \"0-3,6\"";
inline constexpr std::string_view umask_wanted = "an octal mask from \"000\" to \"777\"";

}  // namespace procpool
