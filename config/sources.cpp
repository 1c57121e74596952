// Where settings are looked for.

#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "config/configuration.hpp"
#include "config/key_table.hpp"
#include "config/nearest_word.hpp"

namespace procpool::config {
namespace {

constexpr std::string_view own = "/procpool/procpoold.toml";

std::string_view variable(const Surroundings& surroundings, std::string_view name) {
  for (const std::string_view entry : surroundings.environment)
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('='))
      return entry.substr(name.size() + 1);
  return {};
}

/// "PROCPOOL_LIMITS_KEPT_JOBS" for "limits.kept_jobs".
std::string variable_of(std::string_view key) {
  std::string name = "PROCPOOL_";
  std::transform(key.begin(), key.end(), std::back_inserter(name), [](char letter) {
    if (letter == '.') return '_';
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  });
  return name;
}

std::string user_file(const Surroundings& surroundings) {
  if (const auto home = variable(surroundings, "XDG_CONFIG_HOME"); home.starts_with('/'))
    return std::string(home) + std::string(own);
  if (const auto home = variable(surroundings, "HOME"); home.starts_with('/'))
    return std::string(home) + "/.config" + std::string(own);
  return "";
}

/// Does the variable look as if it were to name a setting?
bool means_setting(std::string_view name) {
  bool means = false;
  for_each_section([&](std::string_view section, const auto&, auto) {
    means = means || name.starts_with(variable_of(section) + "_");
  });
  return means;
}

Result<std::vector<GivenValue>> values_in(const std::vector<std::string>& environment) {
  std::vector<GivenValue> values;
  const std::vector<std::string> keys = all_keys();
  std::vector<std::string> names;
  std::transform(keys.begin(), keys.end(), std::back_inserter(names), variable_of);
  for (const std::string& entry : environment) {
    const std::string name = entry.substr(0, entry.find('='));
    if (!means_setting(name) || name.size() == entry.size()) continue;
    const auto known = std::find(names.begin(), names.end(), name);
    if (known != names.end()) {
      values.push_back({keys[static_cast<std::size_t>(known - names.begin())],
                        entry.substr(name.size() + 1),
                        {Origin::Kind::environment, name}});
      continue;
    }
    const std::vector<std::string_view> words(names.begin(), names.end());
    const std::string meant(nearest_word(name, words));
    return Error(ErrorCode::invalid_parameter, "the environment variable " + name + " names no setting" +
                                                   (meant.empty() ? "" : "; did you mean " + meant + "?"));
  }
  return values;
}

}  // namespace

Surroundings Surroundings::of_this_process() {
  Surroundings surroundings;
  for (char** entry = environ; *entry != nullptr; ++entry) surroundings.environment.emplace_back(*entry);
  surroundings.system_file = PROCPOOL_SYSCONFDIR + std::string(own);
  surroundings.user = ::geteuid();
  return surroundings;
}

Result<Sources> find_sources(const std::string& named, const Surroundings& surroundings) {
  using enum SettingsFile::Need;
  Sources sources;
  const std::string file = named.empty() ? std::string(variable(surroundings, "PROCPOOL_CONFIG")) : named;
  if (!file.empty()) {
    sources.files.push_back({file, must_be_there, {}, true});
  } else {
    // Whom the machine's daemon admits could act as its user; no other user's daemon means that.
    sources.files.push_back({surroundings.system_file, may_be_missing, {}, surroundings.user == 0});
    if (const std::string path = user_file(surroundings); !path.empty() && path != surroundings.system_file)
      sources.files.push_back({path, may_be_missing, {surroundings.user, 0}, true});
  }
  auto values = values_in(surroundings.environment);
  if (!values) return values.error();
  sources.given = *std::move(values);
  return sources;
}

}  // namespace procpool::config
