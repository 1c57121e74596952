// The one place that touches spdlog's logger.

#include "daemon/log/log.hpp"

#include <spdlog/spdlog.h>

#include <array>

#include "common/counted.hpp"
#include "daemon/log/flood.hpp"
#include "daemon/log/record.hpp"
#include "daemon/log/sink.hpp"

namespace procpool::log {
namespace {

constexpr std::size_t longest_line = 16 * 1024;

struct Log {
  std::shared_ptr<Sink> sink = std::make_shared<Sink>();
  spdlog::logger logger{"procpoold", sink};
  std::optional<Entry> last_error;
  Flood flood;
};

Log& instance() {
  static Log log;
  return log;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  constexpr std::array levels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                              spdlog::level::err};
  return levels.at(static_cast<std::size_t>(level));
}

void tell(const std::vector<Flood::LeftOut>& some) {
  for (const Flood::LeftOut& one : some)
    instance().logger.log(one.level, "{}", packed({.pool = one.pool, .event = one.event}, one.told()));
}

void write(spdlog::level::level_enum level, std::string_view line, const About& about) {
  spdlog::logger& logger = instance().logger;
  if (!logger.should_log(level)) return;
  Flood& flood = instance().flood;
  const auto now = Flood::Clock::now();
  tell(about.event == Event::ended ? flood.take_all() : flood.take_ended(now));
  const auto verdict = flood.judge(level, about, now);
  if (verdict == Flood::Verdict::left_out) return;
  const std::size_t cut = line.size() > longest_line ? line.size() - longest_line : 0;
  std::string more = cut > 0 ? " (" + counted(cut, "byte") + " more)" : "";
  if (verdict == Flood::Verdict::last) more += Flood::notice;
  logger.log(level, "{}", packed(about, std::string(line.substr(0, longest_line)) + more));
}

}  // namespace

void set_level(LogLevel level) { instance().logger.set_level(spdlog_level(level)); }

bool shows(LogLevel level) { return instance().logger.should_log(spdlog_level(level)); }

void begin(LogFormat format, std::string_view journal_stream) {
  instance().sink->begin(format, journal_stream);
}

bool is_at_journal() { return instance().sink->is_at_journal(); }

void set_format(LogFormat format) { instance().sink->choose(format); }

void debug(std::string_view line, const About& about) { write(spdlog::level::debug, line, about); }
void info(std::string_view line, const About& about) { write(spdlog::level::info, line, about); }
void warning(std::string_view line, const About& about) { write(spdlog::level::warn, line, about); }
void error(std::string_view line, const About& about) {
  instance().last_error = Entry{std::chrono::system_clock::now(), escaped(line)};
  write(spdlog::level::err, line, about);
}

std::optional<Entry> last_error() { return instance().last_error; }

}  // namespace procpool::log
