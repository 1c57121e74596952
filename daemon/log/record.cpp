#include "daemon/log/record.hpp"

#include <array>
#include <charconv>
#include <ctime>

#include "common/json/writer.hpp"
#include "daemon/log/escaped.hpp"

namespace procpool::log {
namespace {

constexpr char separator = '\x1f';

/// As syslog(3) counts.
int priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return 7;
    case LogLevel::info: return 6;
    case LogLevel::warning: return 4;
    case LogLevel::error: return 3;
  }
  return 6;
}

/// RFC 3339 in local time, with milliseconds.
std::string time_text(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  const auto rest = time - std::chrono::system_clock::from_time_t(seconds);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &parts);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(rest).count();
  std::string digits = std::to_string(milliseconds < 0 ? 0 : milliseconds);
  digits.insert(0, 3 - digits.size(), '0');
  std::array<char, 16> zone{};  // "+0100"
  std::strftime(zone.data(), zone.size(), "%z", &parts);
  const std::string offset(zone.data());
  return std::string(text.data(), length) + digits + offset.substr(0, 3) + ":" + offset.substr(3);
}

/// Calls `add(name, text)` for what there is.
template <class Add>
void for_each_field(const About& about, Add add) {
  if (about.job) add("job", std::to_string(about.job->number));
  if (!about.pool.empty()) add("pool", std::string(about.pool));
  if (about.worker != 0) add("worker", std::to_string(about.worker));
  if (about.user) add("user", std::to_string(*about.user));
}

std::string message_with_fields(const Record& record) {
  std::string text = escaped(record.message);
  std::string fields;
  for_each_field(record.about, [&](std::string_view name, const std::string& value) {
    fields += (fields.empty() ? " [" : " ") + std::string(name) + "=" + escaped(value);
  });
  return fields.empty() ? text : text + fields + "]";
}

/// The piece in front of the next separator.
std::string_view take_piece(std::string_view& text) {
  const std::size_t end = text.find(separator);
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return piece;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  if (text.empty() || std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{})
    return std::nullopt;
  return value;
}

}  // namespace

std::string as_text(const Record& record) {
  return time_text(record.time) + " " + std::string(name_of(record.level)) + ": " +
         message_with_fields(record);
}

std::string as_prefixed_text(const Record& record) {
  return "<" + std::to_string(priority_of(record.level)) + ">" + message_with_fields(record);
}

std::string as_json(const Record& record) {
  json::Writer out;
  out.begin_object().field("time", time_text(record.time)).field("level", name_of(record.level));
  out.field("message", escaped(record.message));
  const About& about = record.about;
  if (about.job) out.field("job", about.job->number);
  if (!about.pool.empty()) out.field("pool", about.pool);
  if (about.worker != 0) out.field("worker", std::int64_t{about.worker});
  if (about.user) out.field("user", std::int64_t{*about.user});
  if (!about.state.empty()) out.field("state", about.state);
  if (about.event != Event::none) out.field("event", kind_of(about.event).name);
  return out.end_object().take();
}

std::string as_journal_fields(const Record& record) {
  // No value has a line end, so that none needs the form with a length.
  std::string text = "MESSAGE=" + escaped(record.message) +
                     "\nPRIORITY=" + std::to_string(priority_of(record.level)) +
                     "\nSYSLOG_IDENTIFIER=procpoold\n";
  if (record.about.event != Event::none)
    text += "MESSAGE_ID=" + std::string(kind_of(record.about.event).id) + "\n";
  for_each_field(record.about, [&](std::string_view name, const std::string& value) {
    const std::string_view field = name == "job"      ? "JOB_ID"
                                   : name == "pool"   ? "POOL"
                                   : name == "worker" ? "WORKER_PID"
                                                      : "CLIENT_UID";
    text += std::string(field) + "=" + escaped(value) + "\n";
  });
  if (!record.about.state.empty()) text += "JOB_STATE=" + escaped(record.about.state) + "\n";
  return text;
}

std::string packed(const About& about, std::string_view message) {
  std::string text;
  if (about.job) text += std::to_string(about.job->number);
  text += separator;
  for (const char letter : about.pool)
    if (letter != separator) text += letter;
  text += separator + std::to_string(about.worker) + separator;
  if (about.user) text += std::to_string(*about.user);
  text += separator;
  text += about.state;
  text += separator + std::to_string(static_cast<int>(about.event)) + separator;
  text += message;
  return text;
}

void unpack(std::string_view text, Record& record) {
  if (const auto job = number<std::int64_t>(take_piece(text))) record.about.job = JobId{*job};
  record.about.pool = take_piece(text);
  record.about.worker = number<pid_t>(take_piece(text)).value_or(0);
  record.about.user = number<uid_t>(take_piece(text));
  record.about.state = take_piece(text);
  record.about.event = static_cast<Event>(number<int>(take_piece(text)).value_or(0));
  record.message = text;
}

}  // namespace procpool::log
