#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/origin.hpp"
#include "config/settings.hpp"

/// The settings in force, and where each of them comes from. For each key the last of
/// these that names it wins:
///
///     built in       settings.hpp
///     system file    SYSCONFDIR/procpool/procpoold.toml       unless --config or
///     user file      $XDG_CONFIG_HOME/procpool/procpoold.toml $PROCPOOL_CONFIG names a file
///     environment    PROCPOOL_LIMITS_KEPT_JOBS for kept_jobs in [limits]; not for pools
///     flag           --log-level
///
/// Behind each file come its drop-ins, FILE.d/*.toml, in the order of their names.
namespace procpool::config {

struct Configuration {
  Settings settings;
  Origins origins;
  std::vector<std::string> files;  // that were read, in their order
  std::vector<std::string> notes;  // what was left aside, and what is not safe

  const Origin& origin_of(std::string_view key) const;
};

/// A file and its drop-ins.
struct SettingsFile {
  std::string path;
  enum class Need { must_be_there, may_be_missing } need = Need::must_be_there;
  /// Of a file that was found and not named: of the daemon's user, or root's.
  std::vector<uid_t> owners;
  /// Does its [access] count?
  bool admits = true;
};

/// Everything that has a say, in the order in which the later wins.
struct Sources {
  std::vector<SettingsFile> files;
  std::vector<GivenValue> given;
};

/// Reads all of it anew. The first mistake is the error, as of read_file().
Result<Configuration> read_configuration(const Sources& sources);

/// Where to look for settings.
struct Surroundings {
  std::vector<std::string> environment;  // "NAME=value"
  std::string system_file;
  uid_t user = 0;

  static Surroundings of_this_process();
};

/// The files and the values of the environment. `named` is what --config names, or empty.
/// A variable that names no setting is an error, with the one that may have been meant.
Result<Sources> find_sources(const std::string& named, const Surroundings& surroundings);

/// One line of the list of all settings.
struct ListedSetting {
  std::string key;
  std::string value;  // as it may stand in a file; empty: none
  Origin origin;
  std::string after_restart;  // what the files say, if that waits for a restart
};

/// Every setting in force; of a pool those that have a value. `read` is what was read last.
std::vector<ListedSetting> list_settings(const Configuration& in_force, const Configuration& read);

}  // namespace procpool::config
