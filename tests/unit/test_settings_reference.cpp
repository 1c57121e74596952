// The commented file config/procpoold.toml and the code say the same: every setting
// stands in the file, at its default.

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>

#include "config/setting_table.hpp"
#include "config/settings.hpp"

namespace procpool::config {
namespace {

const std::string reference_path = std::string(PROCPOOL_SOURCE_DIR) + "/config/procpoold.toml";

/// The file with every setting in force: "#name = value" without the "#".
std::string uncommented() {
  std::ifstream file(reference_path);
  std::stringstream text;
  text << file.rdbuf();
  return std::regex_replace(text.str(), std::regex("(^|\n)#(?=[a-z_]+ = )"), "$1");
}

/// By section, the text of each "name = value" in the uncommented file.
std::map<std::string, std::string> lines_of(const std::string& text) {
  std::map<std::string, std::string> lines;
  std::string section;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('[')) section = line.substr(1, line.find(']') - 1);
    const std::size_t equals = line.find(" = ");
    if (!line.starts_with('#') && equals != std::string::npos)
      CHECK(lines.emplace(section + "." + line.substr(0, equals), line.substr(equals + 3)).second);
  }
  return lines;
}

template <class Section>
void check_section(const std::string& name, std::span<const Setting<Section>> settings,
                   const Section& in_force, std::map<std::string, std::string>& lines) {
  const Section defaults;
  for (const Setting<Section>& setting : settings) {
    const std::string key = name + "." + std::string(setting.name);
    CAPTURE(key);
    const auto expected = value_text(setting, defaults);
    REQUIRE(expected);
    CHECK(value_text(setting, in_force) == expected);
    auto line = lines.extract(key);
    REQUIRE_MESSAGE(!line.empty(), "not in procpoold.toml");
    // Readable in the file as in listings: sizes and durations in their largest unit.
    CHECK(line.mapped() == *expected);
  }
}

/// The keys of a pool stand in a list of their own: "#     name = value   explanation".
std::map<std::string, std::string> pool_lines() {
  std::map<std::string, std::string> lines;
  std::ifstream file(reference_path);
  const std::regex shape("^#     ([a-z_]+) = (.*?)  +\\S.*$");
  std::smatch parts;
  for (std::string line; std::getline(file, line);)
    if (std::regex_match(line, parts, shape)) lines.emplace(parts[1], parts[2]);
  return lines;
}

/// What else a pool needs that has this key.
std::string company_of(const std::string& key) {
  if (key == "module") return "kind = 'python'\n";
  if (key == "library") return "kind = 'native'\n";
  if (key == "argv") return "kind = 'program'\n";
  if (key == "initializer") return "kind = 'python'\nmodule = 'tasks'\n";
  if (key == "initargs") return "kind = 'python'\nmodule = 'tasks'\ninitializer = 'prepare'\n";
  return "";
}

}  // namespace

TEST_CASE("the commented file reads as the defaults") {
  const auto settings = read_file(reference_path);
  REQUIRE_MESSAGE(settings, settings.error().message());
  CHECK(settings->pools.size() == 1);
  CHECK(settings->pools[0].name == "default");
}

TEST_CASE("every setting stands in the commented file at its default, and nothing else") {
  const std::string text = uncommented();
  const auto settings = read_text(text, "procpoold.toml", "/");
  REQUIRE_MESSAGE(settings, settings.error().message());
  auto lines = lines_of(text);
  check_section("daemon", daemon_settings(), settings->daemon, lines);
  check_section("log", log_settings(), settings->log, lines);
  check_section("access", access_settings(), settings->access, lines);
  check_section("limits", limit_settings(), settings->limits, lines);
  CHECK(lines.empty());
}

TEST_CASE("every member of the settings has its line in the tables") {
  // These do not compile when a member is added: add it to the table, then here.
  [[maybe_unused]] const auto& [a1, a2, a3, a4, a5, a6, a7, a8] = Daemon{};
  [[maybe_unused]] const auto& [level, format] = Log{};
  [[maybe_unused]] const auto& [users, groups, shared] = Access{};
  [[maybe_unused]] const auto& [b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15, b16, b17,
                                b18] = Limits{};
  [[maybe_unused]] const auto& [name, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, limits] =
      PoolSpec{};
  [[maybe_unused]] const auto& [d1, d2, d3, d4, d5, d6, d7, d8] = ProcessLimits{};
  CHECK(daemon_settings().size() == 8);
  CHECK(log_settings().size() == 2);
  CHECK(access_settings().size() == 3);
  CHECK(limit_settings().size() == 18);
  CHECK(pool_settings().size() == 13);
  CHECK(process_limit_settings().size() == 8);
}

TEST_CASE("every key of a pool is explained in the commented file by a value that it may have") {
  const auto lines = pool_lines();
  std::vector<std::string> keys;
  for (const auto& setting : pool_settings()) keys.emplace_back(setting.name);
  for (const auto& setting : process_limit_settings()) keys.emplace_back(setting.name);
  for (const std::string& key : keys) {
    CAPTURE(key);
    REQUIRE(lines.contains(key));
    const std::string text = "[pools.example]\n" + company_of(key) + key + " = " + lines.at(key) + "\n";
    const auto settings = read_text(text, "example", "/srv");
    CHECK_MESSAGE(settings, settings.error().message());
  }
  CHECK(lines.size() == keys.size());
}

TEST_CASE("what a listing shows of a setting can stand in the file") {
  PoolSpec pool;
  pool.name = "py";
  pool.kind = PoolKind::python;
  pool.workers = 3;
  pool.module = "/srv/a \"quoted\" name.py";
  pool.initializer = "prepare";
  pool.initargs = R"([1,"two"])";
  pool.environment = {"A=1", "B=\t"};
  pool.max_tasks_per_child = 5;
  pool.max_age = Seconds(5400.5);
  pool.max_memory_mib = 1536;
  pool.history = HistoryLevel::results;
  pool.limits = {64 << 20, 10, 1000, 64, 100, -5, {0, 1, 6}, 027};
  std::string text = "[pools.py]\n";
  for (const Setting<PoolSpec>& setting : pool_settings())
    if (const auto value = value_text(setting, pool))
      text += std::string(setting.name) + " = " + *value + "\n";
  for (const Setting<ProcessLimits>& setting : process_limit_settings())
    text += std::string(setting.name) + " = " + value_text(setting, pool.limits).value() + "\n";
  const auto settings = read_text(text, "listing", "/");
  REQUIRE_MESSAGE(settings, settings.error().message());
  for (const Setting<PoolSpec>& setting : pool_settings())
    CHECK(value_text(setting, settings->pools.at(0)) == value_text(setting, pool));
  CHECK(settings->pools.at(0).limits == pool.limits);
}

}  // namespace procpool::config
