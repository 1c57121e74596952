#pragma once

#include <string>
#include <string_view>

#include "common/json/object_reader.hpp"

namespace procpool::client {

/// Reads an object of the daemon for people: every member as text, "" where it is
/// absent, and never an error. What a newer daemon adds is not missed.
class Facts {
 public:
  explicit Facts(json::View object) : reader_(object) {}

  std::string text(std::string_view name);
  std::string number(std::string_view name);
  std::int64_t count(std::string_view name);
  /// A duration in seconds, a time (RFC 3339), and how long ago that is.
  std::string duration(std::string_view name);
  std::string time(std::string_view name);
  std::string age(std::string_view name);
  /// A number of bytes.
  std::string bytes(std::string_view name);
  std::optional<bool> flag(std::string_view name) { return reader_.optional_bool(name); }
  /// Strings with a separator between.
  std::string joined(std::string_view name, std::string_view separator);
  std::vector<json::View> objects(std::string_view name);
  std::optional<json::View> object(std::string_view name) { return reader_.optional_object(name); }

 private:
  json::ObjectReader reader_;
};

/// Lines of "name: value", the values in one column. Empty values are left out.
class FactSheet {
 public:
  void add(std::string_view name, const std::string& value);
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace procpool::client
