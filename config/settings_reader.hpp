#pragma once

#include <map>
#include <string>

#include "config/origin.hpp"
#include "config/settings.hpp"
#include "config/toml_tree.hpp"

namespace procpool::config {

/// Puts settings together from one tree after the other: a key that comes again takes the
/// place of the one before. Each tree is checked by itself; what must fit together is
/// checked at the end.
class SettingsReader {
 public:
  Result<void> read(const Source& source, const TomlTable& root);
  Result<void> take(const GivenValue& given);
  Result<Settings> finish();

  /// Of what was read so far.
  Origins origins() const;

 private:
  /// Where something was said last.
  struct Told {
    Source source;
    Place place;
    Origin origin;
  };

  Result<void> read_member(const Source& source, const TomlMember& member);
  Result<void> read_pools(const Source& source, const TomlTable& table);
  Result<void> read_pool(const Source& source, const TomlMember& member);
  template <class... Targets>
  Result<void> read_section(const Source& source, const TomlTable& table, const std::string& section,
                            Targets&... targets);
  Result<void> check_together() const;

  Settings settings_;  // with the pools that were named
  std::map<std::string, Told, std::less<>> told_;
  Origin::Kind kind_ = Origin::Kind::file;  // of what is being read
};

/// The content of a file of at most 1 MiB. `owners`: whose it may be; empty for anybody.
Result<std::string> contents_of(const std::string& path, const std::vector<uid_t>& owners = {});

/// A file in messages, and its directory as an absolute path.
Source source_of(const std::string& path);

}  // namespace procpool::config
