#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace procpool::client {

/// One word for a shell, quoted only where it must be: a, 'a b', 'it'\''s'. Control
/// characters stand as $'\n' (POSIX.1-2024), so that a command line stays on its line and
/// a terminal shows it as it is; all other bytes stay what they are.
std::string shell_word(std::string_view text);

/// The words of a command line, with a space between.
std::string shell_line(const std::vector<std::string>& words);

}  // namespace procpool::client
