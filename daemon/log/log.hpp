#pragma once

#include <string>
#include <string_view>

/// The daemon's log: one line an event on standard error, with time and level. What
/// comes from outside may hold anything, so control characters are escaped here.
/// Nothing above `debug` shows an argument or an environment of a job.
namespace procpool::log {

enum class Level { debug, info, warning, error };

/// "debug", "info", "warning" or "error"; false for anything else.
bool set_level(std::string_view name);

void debug(std::string_view line);
void info(std::string_view line);
void warning(std::string_view line);
void error(std::string_view line);

/// Control characters as \n, \t or \x1b, so that a line stays a line.
std::string escaped(std::string_view text);

}  // namespace procpool::log
