#include "client/time_of.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <optional>

#include "common/job/start.hpp"
#include "common/protocol/time_text.hpp"

namespace procpool::client {
namespace {

constexpr double last_second = 7'258'118'399;  // of the year 2199

std::optional<WallTime> since_epoch(const std::string& text) {
  double seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data() + 1, end, seconds);
  if (problem != std::errc{} || stopped != end || !(seconds >= 0 && seconds <= last_second))
    return std::nullopt;
  return WallTime(std::chrono::duration_cast<WallTime::duration>(std::chrono::duration<double>(seconds)));
}

/// All of the text by one of these formats of strptime(3), into the parts that they name.
template <std::size_t N>
bool read_by(const std::array<const char*, N>& formats, const std::string& text, std::tm& parts) {
  for (const char* const format : formats) {
    std::tm read = parts;
    const char* const end = strptime(text.c_str(), format, &read);
    if (end == nullptr || *end != '\0') continue;
    parts = read;
    return true;
  }
  return false;
}

/// The zone's rules decide whether it is summer time then. An hour that a change of the
/// clocks leaves out is the one behind it.
std::optional<WallTime> from_local(std::tm parts) {
  parts.tm_isdst = -1;
  const int year = parts.tm_year + 1900;
  if (year < first_year || year > last_year) return std::nullopt;
  return WallTime(std::chrono::seconds(mktime(&parts)));
}

/// strptime(3) takes the 31st of February.
bool is_a_day(const std::tm& parts) {
  using namespace std::chrono;
  return year_month_day(year(parts.tm_year + 1900), month(static_cast<unsigned>(parts.tm_mon + 1)),
                        day(static_cast<unsigned>(parts.tm_mday)))
      .ok();
}

std::optional<WallTime> local_day_and_time(const std::string& text) {
  constexpr std::array formats{"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"};
  std::tm parts{};
  if (!read_by(formats, text, parts) || !is_a_day(parts)) return std::nullopt;
  return from_local(parts);
}

std::optional<WallTime> next_time_of_day(const std::string& text, WallTime now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  parts.tm_sec = 0;
  if (!read_by(std::array{"%H:%M:%S", "%H:%M"}, text, parts)) return std::nullopt;
  auto time = from_local(parts);
  if (time && *time <= now) {
    ++parts.tm_mday;  // which is normalized
    time = from_local(parts);
  }
  return time;
}

}  // namespace

Result<WallTime> parse_time_of(const std::string& text, WallTime now) {
  std::optional<WallTime> time;
  // strptime(3) skips white space.
  const bool may_be = !text.empty() && text.find_first_of("\t\n\v\f\r") == std::string::npos &&
                      text.front() != ' ' && text.back() != ' ';
  if (may_be && text.front() == '@') time = since_epoch(text);
  if (may_be && !time) time = protocol::parse_rfc3339(text);
  if (may_be && !time) time = local_day_and_time(text);
  if (may_be && !time) time = next_time_of_day(text, now);
  if (time) return *time;
  return Error(ErrorCode::invalid_parameter,
               "must be a time like 14:30, '2026-11-21 14:30', 2026-11-21T14:30:00Z or @1795271400, not '" +
                   text + "'");
}

}  // namespace procpool::client
