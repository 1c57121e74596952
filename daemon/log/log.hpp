#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/log_level.hpp"
#include "daemon/log/about.hpp"
#include "daemon/log/escaped.hpp"

/// The daemon's log: one line an event, with time, level, and whom it is about. It goes to
/// the journal, with fields, or to standard error as text or JSON (sink.hpp). What comes
/// from outside may hold anything, so control characters are escaped on the way. Nothing
/// above `debug` shows an argument or an environment of a job. What a broken worker or a client
/// can cause without end is bounded (flood.hpp).
namespace procpool::log {

void set_level(LogLevel level);
/// Who is busy need not put together what nobody sees.
bool shows(LogLevel level);
/// Until then it is text on standard error. `journal_stream` is what the service manager
/// says of that, or empty.
void begin(LogFormat format, std::string_view journal_stream);
void set_format(LogFormat format);
/// Does standard error lead to the journal? Then a text there may begin with its priority.
bool is_at_journal();

void debug(std::string_view line, const About& about = {});
void info(std::string_view line, const About& about = {});
void warning(std::string_view line, const About& about = {});
void error(std::string_view line, const About& about = {});

/// The latest of the errors, which were shown or not.
struct Entry {
  std::chrono::system_clock::time_point at;
  std::string line;
};
std::optional<Entry> last_error();

}  // namespace procpool::log
