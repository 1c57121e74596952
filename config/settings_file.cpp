// The file is read as a tree with places (toml_tree), and each key of a section is looked
// up in its table (setting_table), which says where it goes and what it must be. The
// first mistake in the order of the file is the error.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <vector>

#include "common/os/fd.hpp"
#include "config/cpus.hpp"
#include "config/nearest_word.hpp"
#include "config/setting_table.hpp"
#include "config/setting_value.hpp"
#include "config/settings.hpp"
#include "config/toml_tree.hpp"

namespace procpool::config {
namespace {

constexpr std::size_t longest_file = 1 << 20;

/// "unknown key 'limits.conections'; did you mean 'connections'?"
Error unknown_key(const Source& source, const TomlMember& member, const std::string& section,
                  const std::vector<std::string_view>& known) {
  const std::string_view meant = nearest_word(member.key, known);
  return source.error(member.place,
                      "unknown key '" + section + member.key + "'" +
                          (meant.empty() ? "" : "; did you mean '" + std::string(meant) + "'?"));
}

Result<const TomlTable*> table_of(const Source& source, const TomlMember& member,
                                  const std::string& section) {
  if (const auto* table = std::get_if<TomlTable>(&member.value.content)) return table;
  return source.error(member.value.place, "'" + section + member.key + "' must be a table, not " +
                                              std::string(member.value.description()));
}

/// A table of settings and what they set.
template <class Target>
struct Keys {
  std::span<const Setting<Target>> settings;
  Target& target;
};

/// Stores a member whose key is in the table; false if it is not.
template <class Target>
bool read_member(const Source& source, const TomlMember& member, const Keys<Target>& keys,
                 std::optional<std::string>& problem) {
  for (const Setting<Target>& setting : keys.settings) {
    if (setting.name != member.key) continue;
    const SettingValue value{member.value, source, setting.unit, setting.least, setting.most};
    problem = std::visit([&](auto place) { return store(value, keys.target.*place); }, setting.member);
    return true;
  }
  return false;
}

/// Reads the keys of one section, which stand in one table or more; `section` is its name
/// with a dot behind.
template <class... Targets>
Result<void> read_section(const Source& source, const TomlTable& table, const std::string& section,
                          const Keys<Targets>&... keys) {
  for (const TomlMember& member : table) {
    std::optional<std::string> problem;
    if (!(read_member(source, member, keys, problem) || ...)) {
      std::vector<std::string_view> known;
      (std::transform(keys.settings.begin(), keys.settings.end(), std::back_inserter(known),
                      [](const auto& setting) { return setting.name; }),
       ...);
      return unknown_key(source, member, section, known);
    }
    if (problem) return source.error(member.value.place, "'" + section + member.key + "' " + *problem);
  }
  return {};
}

Result<PoolSpec> read_pool(const Source& source, const TomlMember& member) {
  auto table = table_of(source, member, "pools.");
  if (!table) return table.error();
  PoolSpec pool;
  pool.name = member.key;
  pool.workers = usable_cpus();
  if (auto good =
          read_section(source, **table, "pools." + pool.name + ".", Keys<PoolSpec>{pool_settings(), pool},
                       Keys<ProcessLimits>{process_limit_settings(), pool.limits});
      !good)
    return good.error();
  if (auto good = check_pool_spec(pool); !good) return source.error(member.place, good.error().message());
  return pool;
}

Result<void> read_pools(const Source& source, const TomlTable& table, Settings& settings) {
  // The file says it all: the pool `default` is only there if it is named.
  if (!table.empty()) settings.pools.clear();
  for (const TomlMember& member : table) {
    auto pool = read_pool(source, member);
    if (!pool) return pool.error();
    settings.pools.push_back(*std::move(pool));
  }
  return {};
}

Result<void> read_root(const Source& source, const TomlTable& root, Settings& settings) {
  for (const TomlMember& member : root) {
    if (member.key != "daemon" && member.key != "access" && member.key != "limits" && member.key != "pools")
      return unknown_key(source, member, "", {"daemon", "access", "limits", "pools"});
    auto table = table_of(source, member, "");
    if (!table) return table.error();
    Result<void> good;
    if (member.key == "daemon")
      good = read_section(source, **table, "daemon.", Keys<Daemon>{daemon_settings(), settings.daemon});
    if (member.key == "access")
      good = read_section(source, **table, "access.", Keys<Access>{access_settings(), settings.access});
    if (member.key == "limits")
      good = read_section(source, **table, "limits.", Keys<Limits>{limit_settings(), settings.limits});
    if (member.key == "pools") good = read_pools(source, **table, settings);
    if (!good) return good.error();
  }
  return {};
}

Result<std::string> contents_of(const std::string& path) {
  const std::string what = "cannot read the settings in '" + path + "'";
  const os::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return Error::system(what, errno);
  std::string text;
  for (;;) {
    const std::size_t length = text.size();
    text.resize(length + 64 * 1024);
    const ssize_t count = read(file.get(), text.data() + length, text.size() - length);
    if (count < 0 && errno != EINTR) return Error::system(what, errno);
    text.resize(length + static_cast<std::size_t>(count < 0 ? 0 : count));
    if (count == 0) return text;
    if (text.size() > longest_file)
      return Error(ErrorCode::invalid_parameter, what + ": it is larger than 1 MiB");
  }
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == 0) return "/";
  const std::string directory = slash == std::string::npos ? "" : path.substr(0, slash);
  if (directory.starts_with('/')) return directory;
  std::string current(4096, '\0');
  if (getcwd(current.data(), current.size()) == nullptr) return directory;
  current.resize(current.find('\0'));
  return directory.empty() ? current : current + "/" + directory;
}

}  // namespace

Result<Settings> read_text(std::string_view text, const std::string& name, const std::string& directory) {
  const Source source{name, directory};
  const auto root = parse_toml(text, source);
  if (!root) return root.error();
  Settings settings = defaults();
  if (auto good = read_root(source, *root, settings); !good) return good.error();
  return settings;
}

Result<Settings> read_file(const std::string& path) {
  const auto text = contents_of(path);
  if (!text) return text.error();
  return read_text(*text, path, directory_of(path));
}

}  // namespace procpool::config
