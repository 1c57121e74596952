// Each key of a section is looked up in its table (setting_table), which says where it
// goes and what it must be. The first mistake in the order of the file is the error.

#include "config/settings_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "config/cpus.hpp"
#include "config/key_table.hpp"
#include "config/nearest_word.hpp"
#include "config/setting_value.hpp"

namespace procpool::config {
namespace {

constexpr std::array<std::string_view, 5> sections{"daemon", "log", "access", "limits", "pools"};

/// "unknown key 'limits.conections'; did you mean 'connections'?"
Error unknown_key(const Source& source, const TomlMember& member, const std::string& section,
                  const std::vector<std::string_view>& known) {
  std::string meant(nearest_word(member.key, known));
  // One that is right elsewhere is not misspelt.
  if (const std::string elsewhere = section_with(member.key); !elsewhere.empty())
    meant = elsewhere + "." + member.key;
  return source.error(member.place, "unknown key '" + section + member.key + "'" +
                                        (meant.empty() ? "" : "; did you mean '" + meant + "'?"));
}

Result<const TomlTable*> table_of(const Source& source, const TomlMember& member,
                                  const std::string& section) {
  if (const auto* table = std::get_if<TomlTable>(&member.value.content)) return table;
  return source.error(member.value.place, "'" + section + member.key + "' must be a table, not " +
                                              std::string(member.value.description()));
}

/// Stores a member whose key is in the table; false if it is not.
template <class Target>
bool store_member(const Source& source, const TomlMember& member, Target& target,
                  std::optional<std::string>& problem) {
  for (const Setting<Target>& setting : settings_of<Target>()) {
    if (setting.name != member.key) continue;
    const SettingValue value{member.value, source, setting.unit, setting.least, setting.most};
    problem = std::visit([&](auto place) { return store(value, target.*place); }, setting.member);
    return true;
  }
  return false;
}

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A text without quotes as the value that it would be in a file; what is nothing else is a string.
Result<TomlNode> node_of(const Source& source, const std::string& text, Unit unit) {
  TomlNode node{{0, 0}, text};
  if (unit == Unit::boolean && (text == "true" || text == "false")) node.content = text == "true";
  if (unit == Unit::count || unit == Unit::bytes || unit == Unit::seconds)
    if (const auto number = whole<std::int64_t>(text)) node.content = *number;
  if (unit == Unit::seconds && std::holds_alternative<std::string>(node.content))
    if (const auto number = whole<double>(text)) node.content = *number;
  if (unit == Unit::users || unit == Unit::groups) {
    auto tree = parse_toml("value = " + text, source);
    if (!tree) return source.error({0, 0}, "must be an array as in a file, like [\"ann\", 1000]");
    node.content = tree->front().value.content;
  }
  return node;
}

}  // namespace

template <class... Targets>
Result<void> SettingsReader::read_section(const Source& source, const TomlTable& table,
                                          const std::string& section, Targets&... targets) {
  for (const TomlMember& member : table) {
    std::optional<std::string> problem;
    if (!(store_member(source, member, targets, problem) || ...)) {
      std::vector<std::string_view> known;
      (std::transform(settings_of<Targets>().begin(), settings_of<Targets>().end(), std::back_inserter(known),
                      [](const auto& setting) { return setting.name; }),
       ...);
      return unknown_key(source, member, section, known);
    }
    if (problem) return source.error(member.value.place, "'" + section + member.key + "' " + *problem);
    std::string where = source.name;
    if (kind_ == Origin::Kind::file) where = source.path() + ":" + std::to_string(member.place.line);
    told_[section + member.key] = {source, member.value.place, {kind_, where}};
  }
  return {};
}

Result<void> SettingsReader::read_pool(const Source& source, const TomlMember& member) {
  auto table = table_of(source, member, "pools.");
  if (!table) return table.error();
  auto& pools = settings_.pools;
  auto pool =
      std::find_if(pools.begin(), pools.end(), [&](const auto& one) { return one.name == member.key; });
  if (pool == pools.end()) {
    pool = pools.emplace(pools.end());
    pool->name = member.key;
    pool->workers = usable_cpus();
  }
  const std::string section = "pools." + pool->name;
  told_[section] = {source, member.place, {kind_, source.path() + ":" + std::to_string(member.place.line)}};
  return read_section(source, **table, section + ".", *pool, pool->limits);
}

Result<void> SettingsReader::read_pools(const Source& source, const TomlTable& table) {
  for (const TomlMember& member : table)
    if (auto good = read_pool(source, member); !good) return good;
  return {};
}

Result<void> SettingsReader::read_member(const Source& source, const TomlMember& member) {
  if (std::find(sections.begin(), sections.end(), member.key) == sections.end())
    return unknown_key(source, member, "", {sections.begin(), sections.end()});
  auto table = table_of(source, member, "");
  if (!table) return table.error();
  if (member.key == "daemon") return read_section(source, **table, "daemon.", settings_.daemon);
  if (member.key == "log") return read_section(source, **table, "log.", settings_.log);
  if (member.key == "access") return read_section(source, **table, "access.", settings_.access);
  if (member.key == "limits") return read_section(source, **table, "limits.", settings_.limits);
  return read_pools(source, **table);
}

Result<void> SettingsReader::read(const Source& source, const TomlTable& root) {
  kind_ = Origin::Kind::file;
  for (const TomlMember& member : root)
    if (auto good = read_member(source, member); !good) return good;
  return {};
}

Result<void> SettingsReader::take(const GivenValue& given) {
  kind_ = given.origin.kind;
  const Source source{given.origin.where, "/"};
  const auto unit = unit_of(given.key);
  if (!unit) return source.error({0, 0}, "there is no setting '" + given.key + "'");
  auto value = node_of(source, given.text, *unit);
  if (!value) return value.error();
  const auto dot = given.key.find('.');
  TomlTable keys{{given.key.substr(dot + 1), {0, 0}, *std::move(value)}};
  return read_member(source, {given.key.substr(0, dot), {0, 0}, {{0, 0}, std::move(keys)}});
}

/// What is right by itself and wrong together.
Result<void> SettingsReader::check_together() const {
  for (const PoolSpec& pool : settings_.pools)
    if (auto good = check_pool_spec(pool); !good) {
      const Told& told = told_.at("pools." + pool.name);
      return told.source.error(told.place, good.error().message());
    }
  const Daemon& daemon = settings_.daemon;
  if (daemon.start_delay > daemon.start_delay_most) {
    auto told = told_.find("daemon.start_delay");
    if (told == told_.end()) told = told_.find("daemon.start_delay_most");
    return told->second.source.error(
        told->second.place,
        "'daemon.start_delay' must not be longer than 'daemon.start_delay_most', but is " +
            value_of("daemon.start_delay", settings_) + " and " +
            value_of("daemon.start_delay_most", settings_));
  }
  return {};
}

Result<Settings> SettingsReader::finish() {
  if (auto good = check_together(); !good) return good.error();
  // The pool `default` is only there if it is named, or no other is.
  if (settings_.pools.empty()) settings_.pools = defaults().pools;
  return settings_;
}

Origins SettingsReader::origins() const {
  Origins origins;
  for (const auto& [key, told] : told_) origins.emplace(key, told.origin);
  return origins;
}

}  // namespace procpool::config
