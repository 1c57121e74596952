// The file of settings: what may stand in it, and what is said about the rest. Each
// file in tests/data/settings/wrong ends in a line "# expect LINE:COLUMN: message".

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "config/configuration.hpp"

namespace procpool::config {
namespace {

const std::filesystem::path data = std::filesystem::path(PROCPOOL_SOURCE_DIR) / "tests" / "data" / "settings";

Settings read_good(const std::string& text, const std::string& directory = "/srv") {
  auto settings = read_text(text, "good.toml", directory);
  REQUIRE_MESSAGE(settings, settings.error().message());
  return *std::move(settings);
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

/// What the last line of a wrong file says about it.
std::string expectation(const std::string& text) {
  constexpr std::string_view mark = "# expect ";
  const std::size_t at = text.rfind(mark);
  REQUIRE(at != std::string::npos);
  return text.substr(at + mark.size(), text.size() - at - mark.size() - 1);
}

}  // namespace

TEST_CASE("each wrong file of settings is refused with its line, column and reason") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data / "wrong")) {
    const std::string path = entry.path().string();
    CAPTURE(path);
    std::string expected = expectation(contents(path));
    const auto settings = read_file(path);
    ++files;
    CHECK_FALSE(settings);
    if (settings) continue;
    CHECK(settings.error().code() == ErrorCode::invalid_parameter);
    CHECK(settings.error().message().find('\n') == std::string::npos);
    // The library's own words end in "...".
    const bool to_the_end = !expected.ends_with("...");
    if (!to_the_end) expected.resize(expected.size() - 3);
    const std::string message = settings.error().message().substr(path.size() + 1);
    CHECK(message.substr(0, to_the_end ? message.size() : expected.size()) == expected);
  }
  CHECK(files > 100);
}

// Each folder there has a procpoold.toml, or drop-ins of one, and in "expect" the message.
TEST_CASE("each wrong set of files is refused with the file that is wrong") {
  int folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data / "wrong_folders")) {
    const std::string folder = entry.path().string() + "/";
    CAPTURE(folder);
    std::string expected = contents(entry.path() / "expect");
    expected.pop_back();
    const auto read = read_configuration({{{folder + "procpoold.toml", {}, {}, true}}, {}});
    ++folders;
    CHECK_FALSE(read);
    if (read) continue;
    std::string message = read.error().message();
    while (message.find(folder) != std::string::npos) message.erase(message.find(folder), folder.size());
    if (expected.ends_with("...")) {
      expected.resize(expected.size() - 3);
      message.resize(std::min(message.size(), expected.size()));
    }
    CHECK(message == expected);
  }
  CHECK(folders >= 15);
}

TEST_CASE("without a file there is one pool for commands with a worker for each CPU") {
  const Settings settings = defaults();
  REQUIRE(settings.pools.size() == 1);
  CHECK(settings.pools[0].name == "default");
  CHECK(settings.pools[0].kind == PoolKind::command);
  CHECK(settings.pools[0].workers >= 1);
  CHECK(check_pool_spec(settings.pools[0]));
}

TEST_CASE("an empty file leaves every default") {
  const Settings settings = read_good("");
  CHECK(settings.pools.size() == 1);
  CHECK(settings.limits.message_bytes == Limits{}.message_bytes);
  CHECK(settings.daemon.python == "python3");
}

TEST_CASE("numbers of the file take the place of the defaults") {
  const Settings settings = read_good(R"(
    [limits]
    message_bytes = "1MiB"
    queued_bytes = 1048576
    connections = 7
    half_message = "500ms"
    [daemon]
    stop_timeout = "1h30m"
    kill_after = 2
    start_delay = 0.25
    python = "/opt/python3"
  )");
  CHECK(settings.limits.message_bytes == 1 << 20);
  CHECK(settings.limits.queued_bytes == 1 << 20);
  CHECK(settings.limits.connections == 7);
  CHECK(settings.limits.half_message == Seconds(0.5));
  CHECK(settings.limits.connections_per_user == 256);
  CHECK(settings.daemon.stop_timeout == Seconds(5400));
  CHECK(settings.daemon.kill_after == Seconds(2));
  CHECK(settings.daemon.start_delay == Seconds(0.25));
  CHECK(settings.daemon.python == "/opt/python3");
}

TEST_CASE("users and groups are named or numbered, and nobody but the owner comes in without them") {
  CHECK_FALSE(defaults().access.admits_others());
  CHECK_FALSE(read_good("[access]\nshared = true").access.admits_others());
  const Access access =
      read_good("[access]\nusers = ['root', 54321]\ngroups = [4294967294, 'root']\nshared = true").access;
  CHECK(access.users == std::vector<uid_t>{0, 54321});
  CHECK(access.groups == std::vector<gid_t>{4294967294, 0});
  CHECK(access.shared);
  CHECK(access.admits_others());
  CHECK(read_good("[access]\ngroups = [7]").access.admits_others());
}

TEST_CASE("a pool has every key that its kind allows") {
  const Settings settings = read_good(R"(
    [pools.py]
    kind = "python"
    module = "tasks.py"
    workers = 3
    initializer = "prepare"
    initargs = [1, "two", [true, 2.5], { three = {} }]
    directory = "work"
    environment = { PATH = "/usr/bin", EMPTY = "" }
    max_tasks_per_child = 1000
    max_age = "1d"
    max_memory = "512MiB"
  )");
  REQUIRE(settings.pools.size() == 1);
  const PoolSpec& pool = settings.pools[0];
  CHECK(pool.name == "py");
  CHECK(pool.module == "/srv/tasks.py");
  CHECK(pool.workers == 3);
  CHECK(pool.initializer == "prepare");
  CHECK(pool.initargs == R"([1,"two",[true,2.5],{"three":{}}])");
  CHECK(pool.directory == "/srv/work");
  CHECK(pool.environment == std::vector<std::string>{"PATH=/usr/bin", "EMPTY="});
  CHECK(pool.max_tasks_per_child == 1000);
  CHECK(pool.max_age == Seconds(86400));
  CHECK(pool.max_memory_mib == 512);
}

TEST_CASE("pools keep the order of the file, and the default pool is gone unless it is named") {
  const Settings settings = read_good("[pools.zebra]\n[pools.ant]\nworkers = 2\n[pools.default]\n");
  REQUIRE(settings.pools.size() == 3);
  CHECK(settings.pools[0].name == "zebra");
  CHECK(settings.pools[0].workers == defaults().pools[0].workers);
  CHECK(settings.pools[1].name == "ant");
  CHECK(settings.pools[2].name == "default");
}

TEST_CASE("an empty table of pools leaves the default pool") {
  CHECK(read_good("[pools]\n").pools.size() == 1);
}

TEST_CASE("paths are relative to the directory of the file, names are not paths") {
  const auto pool = [](const std::string& lines, const std::string& directory = "/srv") {
    return read_good("[pools.p]\n" + lines, directory).pools.at(0);
  };
  CHECK(pool("kind = 'python'\nmodule = 'package.tasks'").module == "package.tasks");
  CHECK(pool("kind = 'python'\nmodule = 'lib/tasks'").module == "/srv/lib/tasks");
  CHECK(pool("kind = 'python'\nmodule = '/opt/tasks.py'").module == "/opt/tasks.py");
  CHECK(pool("kind = 'native'\nlibrary = 'tasks.so'", "/").library == "/tasks.so");
  CHECK(pool("kind = 'program'\nargv = ['./own', './argument']").argv ==
        std::vector<std::string>{"/srv/./own", "./argument"});
  CHECK(pool("kind = 'program'\nargv = ['awk', '-f', 'x']").argv.front() == "awk");
}

TEST_CASE("memory is kept in whole mebibytes, rounded up") {
  const auto memory = [](const std::string& text) {
    return read_good("[pools.p]\nmax_memory = " + text).pools.at(0).max_memory_mib;
  };
  CHECK(memory("\"1MiB\"") == 1);
  CHECK(memory("1048577") == 2);
  CHECK(memory("\"1GiB\"") == 1024);
}

TEST_CASE("a line that nobody would write is refused before it costs the stack") {
  std::string keys = "# comment\n";
  for (int i = 0; i < 500'000; ++i) keys += "a.";
  const auto settings = read_text(keys + "a = 1\n", "deep.toml", "/");
  REQUIRE_FALSE(settings);
  CHECK(settings.error().message() == "deep.toml:2:1: a line longer than 16 KiB");
}

TEST_CASE("a file that cannot be read is named with the reason") {
  const auto missing = read_file("/nonexistent/procpoold.toml");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().saved_errno() == ENOENT);
  CHECK(missing.error().message().find("'/nonexistent/procpoold.toml'") != std::string::npos);
  const auto directory = read_file("/");
  REQUIRE_FALSE(directory);
  CHECK(directory.error().saved_errno() == EISDIR);
  const auto endless = read_file("/dev/zero");
  REQUIRE_FALSE(endless);
  CHECK(endless.error().message().find("larger than 1 MiB") != std::string::npos);
}

}  // namespace procpool::config
