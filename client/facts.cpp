#include "client/facts.hpp"

#include <limits>

#include "client/shown.hpp"

namespace procpool::client {

std::string Facts::text(std::string_view name) { return reader_.string_or_empty(name); }

std::int64_t Facts::count(std::string_view name) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return reader_.optional_int(name, -most, most).value_or(0);
}

std::string Facts::number(std::string_view name) {
  const auto view = reader_.optional_view(name);
  return view && view->kind() == json::Kind::number ? std::string(view->text()) : std::string();
}

std::string Facts::duration(std::string_view name) {
  const auto seconds = reader_.optional_number(name, 0, std::numeric_limits<double>::max());
  return seconds ? shown_duration(*seconds) : std::string();
}

std::string Facts::bytes(std::string_view name) {
  const auto bytes = reader_.optional_int(name, 0, std::numeric_limits<std::int64_t>::max());
  return bytes ? shown_bytes(static_cast<std::uint64_t>(*bytes)) : std::string();
}

std::string Facts::time(std::string_view name) {
  const std::string time = text(name);
  return time.empty() ? time : shown_time(time);
}

std::string Facts::age(std::string_view name) {
  const std::string time = text(name);
  return time.empty() ? time : shown_duration(seconds_since(time));
}

std::string Facts::joined(std::string_view name, std::string_view separator) {
  std::string text;
  for (const std::string& each : reader_.optional_strings(name).value_or(std::vector<std::string>{})) {
    if (!text.empty()) text += separator;
    text += each;
  }
  return text;
}

std::vector<json::View> Facts::objects(std::string_view name) {
  const auto array = reader_.optional_array(name);
  return array ? array->elements() : std::vector<json::View>();
}

void FactSheet::add(std::string_view name, const std::string& value) {
  constexpr std::size_t column = 20;
  if (value.empty()) return;
  std::string line = std::string(name) + ":";
  line += std::string(line.size() < column ? column - line.size() : 1, ' ');
  text_ += line + shown(value) + "\n";
}

}  // namespace procpool::client
