#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

namespace procpool::config {

/// Where the value of a setting comes from.
struct Origin {
  enum class Kind { built_in, file, environment, flag, client, service_manager };
  Kind kind = Kind::built_in;
  std::string where = {};  // "/etc/procpool/procpoold.toml:7", "PROCPOOL_LOG_LEVEL", "--log-level"

  friend bool operator==(const Origin&, const Origin&) = default;
};

inline std::string_view name_of(Origin::Kind kind) {
  constexpr std::array<std::string_view, 6> names{"built_in", "file",   "environment",
                                                  "flag",     "client", "service_manager"};
  return names.at(static_cast<std::size_t>(kind));
}

/// By key, as "limits.kept_jobs"; what is not in it is built in.
using Origins = std::map<std::string, Origin, std::less<>>;

/// A value that is in no file.
struct GivenValue {
  std::string key;
  std::string text;
  Origin origin;
};

}  // namespace procpool::config
