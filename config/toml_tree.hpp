#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/result.hpp"

/// A TOML document as a plain tree that knows where each of its parts stands, so that
/// one file only must know the library that reads it.
namespace procpool::config {

/// From 1, as editors count; line 0 where there are no lines.
struct Place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// The file in messages, or what else brings a value.
struct Source {
  std::string name;
  std::string directory;  // absolute; what relative paths in the file are relative to

  /// "name:3:7: message", or "name: message" without a line.
  Error error(Place place, const std::string& message) const;
  /// Of a file: its absolute path.
  std::string path() const;
};

struct TomlMember;
using TomlArray = std::vector<struct TomlNode>;
using TomlTable = std::vector<TomlMember>;  // in the order of the file
struct TomlDate {};                         // a date or a time, which no setting takes

struct TomlNode {
  Place place;
  std::variant<TomlTable, TomlArray, std::string, std::int64_t, double, bool, TomlDate> content;

  /// What it is, for people: "a table", "an integer".
  std::string_view description() const;
};

struct TomlMember {
  std::string key;
  Place place;
  TomlNode value;
};

/// The root table of a document, or its first error.
Result<TomlTable> parse_toml(std::string_view text, const Source& source);

}  // namespace procpool::config
