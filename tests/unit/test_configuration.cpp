// Where settings come from: files and their drop-ins, the environment, flags; which of them
// counts, and what is told of it.

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "config/configuration.hpp"
#include "tests/support/temporary_directory.hpp"

namespace procpool::config {
namespace {

using Kind = Origin::Kind;

/// A machine of its own: a system file, a user with a home.
class Machine {
 public:
  Machine() {
    for (const char* folder : {"etc", "etc/system.toml.d", "home", "home/.config", "home/.config/procpool",
                               "home/.config/procpool/procpoold.toml.d", "other", "other/procpool"})
      REQUIRE(::mkdir(path(folder).c_str(), 0755) == 0);
    surroundings.environment = {"HOME=" + path("home")};
    surroundings.system_file = path("etc/system.toml");
    surroundings.user = ::geteuid();
  }

  std::string path(const std::string& name) const { return directory_.path(name); }
  void write(const std::string& name, const std::string& text) { directory_.write(name, text); }
  void write_system(const std::string& text) { write("etc/system.toml", text); }
  void write_user(const std::string& text) { write("home/.config/procpool/procpoold.toml", text); }

  Result<Configuration> read(const std::string& named = "", const std::vector<GivenValue>& flags = {}) const {
    auto sources = find_sources(named, surroundings);
    if (!sources) return sources.error();
    sources->given.insert(sources->given.end(), flags.begin(), flags.end());
    return read_configuration(*sources);
  }

  Configuration read_good(const std::string& named = "", const std::vector<GivenValue>& flags = {}) const {
    auto read = this->read(named, flags);
    REQUIRE_MESSAGE(read, read.error().message());
    return *std::move(read);
  }

  std::string error(const std::string& named = "") const {
    const auto read = this->read(named);
    REQUIRE_FALSE(read);
    return read.error().message();
  }

  Surroundings surroundings;

 private:
  test::TemporaryDirectory directory_;
};

const GivenValue level_flag{"log.level", "error", {Kind::flag, "--log-level"}};

}  // namespace

TEST_CASE("a flag goes before the environment, that before the user, the machine and what is built in") {
  Machine machine;
  const auto level = [&](const std::vector<GivenValue>& flags = {}) {
    const Configuration read = machine.read_good("", flags);
    const Origin& origin = read.origin_of("log.level");
    return std::string(name_of(read.settings.log.level)) + " by " + std::string(name_of(origin.kind)) + " " +
           origin.where;
  };
  CHECK(level() == "info by built_in ");
  machine.write_system("# of the machine\n[log]\nlevel = 'debug'\n");
  CHECK(level() == "debug by file " + machine.path("etc/system.toml") + ":3");
  machine.write_user("[log]\nlevel = 'warning'\n");
  CHECK(level() == "warning by file " + machine.path("home/.config/procpool/procpoold.toml") + ":2");
  machine.surroundings.environment.emplace_back("PROCPOOL_LOG_LEVEL=info");
  CHECK(level() == "info by environment PROCPOOL_LOG_LEVEL");
  CHECK(level({level_flag}) == "error by flag --log-level");
}

TEST_CASE("a file that everybody may write to is read, and noted") {
  Machine machine;
  machine.write_system("[limits]\nkept_jobs = 7\n");
  CHECK(machine.read_good().notes.empty());
  REQUIRE(::chmod(machine.path("etc/system.toml").c_str(), 0646) == 0);
  const Configuration read = machine.read_good();
  CHECK(read.settings.limits.kept_jobs == 7);
  REQUIRE(read.notes.size() == 1);
  CHECK(read.notes[0].find("'chmod o-w " + machine.path("etc/system.toml") + "'") != std::string::npos);
  // What is no file, as the end of a pipe, is nobody's to change.
  CHECK(machine.read_good("/dev/null").notes.empty());
}

TEST_CASE("of keys that stand in two files each counts by itself") {
  Machine machine;
  machine.write_system("[limits]\nconnections = 5\nkept_jobs = 6\n[pools.p]\nworkers = 2\nmax_age = 60\n");
  machine.write_user("[limits]\nkept_jobs = 7\n[pools.p]\nworkers = 3\n[pools.q]\n");
  const Configuration read = machine.read_good();
  CHECK(read.settings.limits.connections == 5);
  CHECK(read.settings.limits.kept_jobs == 7);
  REQUIRE(read.settings.pools.size() == 2);
  CHECK(read.settings.pools[0].workers == 3);
  CHECK(read.settings.pools[0].max_age == Seconds(60));
  CHECK(read.origin_of("pools.p.max_age").where == machine.path("etc/system.toml") + ":6");
  CHECK(read.files.size() == 2);
}

TEST_CASE("a list of a later file takes the place of the former one") {
  Machine machine;
  machine.write_user("[access]\nusers = [1, 2]\n[pools.p]\nenvironment = { A = '1', B = '2' }\n");
  machine.write("home/.config/procpool/procpoold.toml.d/a.toml",
                "[access]\nusers = [3]\n[pools.p]\nenvironment = ['C=3']\n");
  const Configuration read = machine.read_good();
  CHECK(read.settings.access.users == std::vector<uid_t>{3});
  CHECK(read.settings.pools.at(0).environment == std::vector<std::string>{"C=3"});
}

TEST_CASE("drop-ins come behind their file in the order of their names, and nothing else does") {
  Machine machine;
  const std::string folder = "home/.config/procpool/procpoold.toml.d/";
  machine.write_user("[limits]\nkept_jobs = 1\n");
  machine.write("etc/system.toml.d/99.toml", "[limits]\nkept_jobs = 2\nhistory_jobs = 9\n");
  machine.write(folder + "9.toml", "[limits]\nkept_jobs = 3\n");
  machine.write(folder + "10.toml", "[limits]\nkept_jobs = 4\n");
  for (const char* ignored : {"z.toml~", "z.toml.bak", ".z.toml", "README", "z.conf"})
    machine.write(folder + ignored, "this is no setting");
  const Configuration read = machine.read_good();
  CHECK(read.settings.limits.kept_jobs == 3);
  CHECK(read.settings.limits.history_jobs == 9);
  CHECK(read.files == std::vector<std::string>{machine.path("etc/system.toml.d/99.toml"),
                                               machine.path("home/.config/procpool/procpoold.toml"),
                                               machine.path(folder + "10.toml"),
                                               machine.path(folder + "9.toml")});
}

TEST_CASE("a file that is named takes the place of those that are found") {
  Machine machine;
  machine.write_system("[limits]\nkept_jobs = 1\nhistory_jobs = 1\n");
  machine.write_user("broken");
  machine.write("named.toml", "[limits]\nkept_jobs = 2\n");
  machine.write("other.toml", "[limits]\nkept_jobs = 3\n");
  machine.surroundings.environment.push_back("PROCPOOL_CONFIG=" + machine.path("other.toml"));
  CHECK(machine.read_good().settings.limits.kept_jobs == 3);
  const Configuration read = machine.read_good(machine.path("named.toml"));
  CHECK(read.settings.limits.kept_jobs == 2);
  CHECK(read.settings.limits.history_jobs == Limits{}.history_jobs);
  CHECK(machine.error(machine.path("missing.toml")) ==
        "cannot read the settings in '" + machine.path("missing.toml") + "': No such file or directory");
}

TEST_CASE("XDG_CONFIG_HOME goes before HOME, and what is no absolute path is no place") {
  Machine machine;
  machine.write_user("[limits]\nkept_jobs = 1\n");
  machine.write("other/procpool/procpoold.toml", "[limits]\nkept_jobs = 2\n");
  machine.surroundings.environment.emplace_back("XDG_CONFIG_HOME=relative");
  CHECK(machine.read_good().settings.limits.kept_jobs == 1);
  machine.surroundings.environment.back() = "XDG_CONFIG_HOME=" + machine.path("other");
  CHECK(machine.read_good().settings.limits.kept_jobs == 2);
  machine.surroundings.environment = {"HOME="};
  CHECK(machine.read_good().files.empty());
}

TEST_CASE("whom the machine's daemon admits is admitted by no other user's daemon") {
  Machine machine;
  machine.write_system("[access]\nusers = [7]\n[limits]\nkept_jobs = 1\n");
  machine.surroundings.user = 1000;
  const Configuration read = machine.read_good();
  CHECK(read.settings.access.users.empty());
  CHECK(read.settings.limits.kept_jobs == 1);
  CHECK(read.notes.size() == 1);
  CHECK(machine.read_good(machine.path("etc/system.toml")).settings.access.users == std::vector<uid_t>{7});
  machine.surroundings.user = 0;
  CHECK(machine.read_good().settings.access.users == std::vector<uid_t>{7});
}

TEST_CASE("the user's file must be the user's own") {
  Machine machine;
  machine.write_user("[limits]\nkept_jobs = 1\n");
  const std::string path = machine.path("home/.config/procpool/procpoold.toml");
  if (::geteuid() != 0) return;  // nobody else gives files away
  REQUIRE(::chown(path.c_str(), 4321, 4321) == 0);
  machine.surroundings.user = 1000;
  CHECK(machine.error() == "cannot read the settings in '" + path +
                               "': it belongs to user 4321; name it with --config if it is to be read");
  CHECK(machine.read_good(path).settings.limits.kept_jobs == 1);
}

TEST_CASE("variables of the environment are written as in a file, texts without quotes") {
  Machine machine;
  auto& environment = machine.surroundings.environment;
  environment.insert(
      environment.end(),
      {"PROCPOOL_LIMITS_KEPT_JOBS=12", "PROCPOOL_LIMITS_KEPT_BYTES=1MiB",
       "PROCPOOL_DAEMON_STOP_TIMEOUT=1h30m", "PROCPOOL_DAEMON_KILL_AFTER=0.5", "PROCPOOL_DAEMON_PYTHON=3",
       "PROCPOOL_ACCESS_SHARED=true", "PROCPOOL_ACCESS_USERS=['root', 7]", "PROCPOOL_LOG_FORMAT=json",
       "PROCPOOL_JOB=7", "PROCPOOL_SOCKET=/tmp/socket"});
  const Settings settings = machine.read_good().settings;
  CHECK(settings.limits.kept_jobs == 12);
  CHECK(settings.limits.kept_bytes == 1 << 20);
  CHECK(settings.daemon.stop_timeout == Seconds(5400));
  CHECK(settings.daemon.kill_after == Seconds(0.5));
  CHECK(settings.daemon.python == "3");
  CHECK(settings.access.shared);
  CHECK(settings.access.users == std::vector<uid_t>{0, 7});
  CHECK(settings.log.format == LogFormat::json);
}

TEST_CASE("a wrong variable is named, with what may have been meant") {
  Machine machine;
  const auto error = [&](const std::string& variable) {
    machine.surroundings.environment = {variable};
    return machine.error();
  };
  CHECK(error("PROCPOOL_LIMITS_KEPT_JOB=1") ==
        "the environment variable PROCPOOL_LIMITS_KEPT_JOB names no setting; did you mean "
        "PROCPOOL_LIMITS_KEPT_JOBS?");
  CHECK(error("PROCPOOL_LIMITS_KEPT_JOBS=many") ==
        "PROCPOOL_LIMITS_KEPT_JOBS: 'limits.kept_jobs' must be an integer, not a string");
  CHECK(error("PROCPOOL_LOG_LEVEL=warn") ==
        "PROCPOOL_LOG_LEVEL: 'log.level' must be \"debug\", \"info\", \"warning\" or \"error\", not "
        "\"warn\"; did you mean \"warning\"?");
  CHECK(error("PROCPOOL_ACCESS_USERS=ann") ==
        "PROCPOOL_ACCESS_USERS: must be an array as in a file, like [\"ann\", 1000]");
  CHECK(error("PROCPOOL_DAEMON_STOP_TIMEOUT=") ==
        "PROCPOOL_DAEMON_STOP_TIMEOUT: 'daemon.stop_timeout' must be a duration like \"500ms\", \"10s\" or "
        "\"1h30m\", not \"\"");
}

TEST_CASE("empty files are good, and one that is too large is not") {
  Machine machine;
  machine.write_user("");
  machine.write("home/.config/procpool/procpoold.toml.d/a.toml", "");
  CHECK(machine.read_good().settings.pools.size() == 1);
  machine.write("home/.config/procpool/procpoold.toml.d/a.toml", std::string((1 << 20) + 1, '\n'));
  CHECK(machine.error().ends_with("procpoold.toml.d/a.toml': it is larger than 1 MiB"));
}

TEST_CASE("a file that may not be read is an error, a place that may not be looked at is left aside") {
  if (::geteuid() == 0) return;  // who may read everything
  Machine machine;
  machine.write_user("[limits]\nkept_jobs = 1\n");
  REQUIRE(::chmod(machine.path("home/.config/procpool/procpoold.toml").c_str(), 0) == 0);
  CHECK(machine.error().ends_with("Permission denied"));
  REQUIRE(::chmod(machine.path("home/.config").c_str(), 0) == 0);
  CHECK(machine.read_good().notes.size() == 1);
  REQUIRE(::chmod(machine.path("home/.config").c_str(), 0755) == 0);
}

TEST_CASE("the list has every setting, where it comes from, and what waits for a restart") {
  Machine machine;
  machine.write_user("[limits]\nkept_jobs = 1\n[pools.p]\nmemory = '64MiB'\n");
  const Configuration in_force = machine.read_good();
  Configuration read = in_force;
  read.settings.access.users = {7};
  const auto list = list_settings(in_force, read);
  const auto line = [&](const std::string& key) {
    for (const ListedSetting& one : list)
      if (one.key == key)
        return one.value + " " + std::string(name_of(one.origin.kind)) + " " + one.after_restart;
    return std::string("not there");
  };
  CHECK(line("limits.kept_jobs") == "1 file ");
  CHECK(line("limits.history_jobs") == "1000 built_in ");
  CHECK(line("log.level") == "\"info\" built_in ");
  CHECK(line("access.users") == "[] built_in [7]");
  CHECK(line("pools.p.memory") == "\"64MiB\" file ");
  CHECK(line("pools.p.kind") == "\"command\" built_in ");
  CHECK(line("pools.p.module") == "not there");
}

}  // namespace procpool::config
