// The one place that touches spdlog's registry.

#include "daemon/log/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace procpool::log {
namespace {

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made =
        std::make_shared<spdlog::logger>("procpoold", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l: %v");
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *instance;
}

void write(spdlog::level::level_enum level, std::string_view line) {
  if (logger().should_log(level)) logger().log(level, "{}", escaped(line));
}

}  // namespace

bool set_level(std::string_view name) {
  if (name != "debug" && name != "info" && name != "warning" && name != "error") return false;
  logger().set_level(spdlog::level::from_str(std::string(name)));
  return true;
}

void debug(std::string_view line) { write(spdlog::level::debug, line); }
void info(std::string_view line) { write(spdlog::level::info, line); }
void warning(std::string_view line) { write(spdlog::level::warn, line); }
void error(std::string_view line) { write(spdlog::level::err, line); }

std::string escaped(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string clean;
  clean.reserve(text.size());
  for (const char character : text) {
    const auto c = static_cast<unsigned char>(character);
    if (c == '\n') {
      clean += "\\n";
    } else if (c == '\t') {
      clean += "\\t";
    } else if (c < 0x20 || c == 0x7F) {
      clean += "\\x";
      clean += hex[c >> 4];
      clean += hex[c & 15];
    } else {
      clean += character;
    }
  }
  return clean;
}

}  // namespace procpool::log
