// What the daemon makes is closed to others, and it walks into no trap that others laid.

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(lstat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

/// A second daemon in the directory of the first, until it ends or is ready and told to.
Finished serve(const TestDaemon& daemon, const std::string& options) {
  Program second = daemon.start("umask 000; exec procpoold " + options);
  REQUIRE(
      wait_until([&] { return !second.is_running() || second.err().find("ready on") != std::string::npos; }));
  if (second.is_running()) second.signal(SIGTERM);
  return second.finish();
}

void check_refused(const Finished& finished, const std::string& says) {
  INFO(finished);
  CHECK(finished.status == 1);
  CHECK(finished.err.find(says) != std::string::npos);
}

}  // namespace

TEST_CASE("directories and files that the daemon makes are closed to others, whatever the umask") {
  const TestDaemon daemon;
  SUBCASE("for its own user") {
    CHECK(serve(daemon, "--socket run/socket --state-dir up/there/state/").status == 0);
    CHECK(mode_of(daemon.path("run")) == 0700);
  }
  SUBCASE("for others too: the socket's directory can be passed") {
    daemon.directory().write("open.toml", "[access]\nusers = [54321]\n");
    CHECK(serve(daemon, "--config open.toml --socket run/socket --state-dir up/there/state/").status == 0);
    CHECK(mode_of(daemon.path("run")) == 0711);
  }
  CHECK(mode_of(daemon.path("run/socket.lock")) == 0600);
  CHECK(mode_of(daemon.path("up/there/state")) == 0700);
  CHECK(mode_of(daemon.path("up/there/state/jobs.sqlite")) == 0600);
  CHECK(mode_of(daemon.path("up/there/state/jobs.lock")) == 0600);
}

TEST_CASE(
    "the socket is its owner's alone under a umask that forbids nothing, and others' only by [access]") {
  const TestDaemon daemon;
  daemon.directory().write("open.toml", "[access]\nusers = [54321]\n");
  for (const std::string config : {"procpoold.toml", "open.toml"}) {
    Program second =
        daemon.start("umask 000; exec procpoold --socket run/socket --state-dir other --config " + config);
    REQUIRE(wait_until([&] { return second.err().find("ready on") != std::string::npos; }));
    CHECK(mode_of(daemon.path("run/socket")) == (config == "open.toml" ? 0666 : 0600));
    second.signal(SIGTERM);
    CHECK(second.finish().status == 0);
  }
}

TEST_CASE(
    "a second daemon in the state directory of the first is told which one that is and where it serves") {
  const TestDaemon daemon;
  Program first = daemon.start("exec procpoold --socket run/first --state-dir shared");
  REQUIRE(wait_until([&] { return first.err().find("ready on") != std::string::npos; }));
  const std::string who = "(process " + std::to_string(first.pid()) + ", at the socket " +
                          daemon.path("run/first") + ") keeps its jobs in " + daemon.path("shared");
  const std::string what = "stop it with 'procpool --socket " + daemon.path("run/first") + " daemon stop'";
  const Finished second = serve(daemon, "--socket run/second --state-dir shared");
  check_refused(second, who);
  check_refused(second, what);
  CHECK(daemon.sh("procpool --socket " + daemon.path("run/first") + " daemon stop").status == 0);
  CHECK(first.finish().status == 0);
  CHECK(serve(daemon, "--socket run/second --state-dir shared").status == 0);
}

TEST_CASE("a directory that those of [access] cannot pass is named in the log") {
  const TestDaemon daemon;
  daemon.directory().write("open.toml", "[access]\ngroups = [54321]\n");
  daemon.say("mkdir -m 700 run");
  const Finished served = serve(daemon, "--config open.toml --socket run/socket --state-dir other");
  CHECK(served.status == 0);
  CHECK(served.err.find("chmod 711") != std::string::npos);
  CHECK(mode_of(daemon.path("run")) == 0700);
}

TEST_CASE("planted links are not followed, neither at the socket nor beside it nor in the state directory") {
  const TestDaemon daemon;
  daemon.say("mkdir run state2; echo content >precious");
  const std::string options = "--socket run/socket --state-dir state2";
  SUBCASE("the lock file") {
    daemon.say("ln -s ../precious run/socket.lock");
    check_refused(serve(daemon, options), "'run/socket.lock' is a symbolic link");
  }
  SUBCASE("the lock file, as a second name") {
    daemon.say("ln precious run/socket.lock");
    check_refused(serve(daemon, options), "'run/socket.lock' has a second name");
  }
  SUBCASE("the database") {
    daemon.say("ln -s ../precious state2/jobs.sqlite");
    check_refused(serve(daemon, options), "state2/jobs.sqlite is not a plain file");
  }
  SUBCASE("the lock of the state directory") {
    daemon.say("ln -s ../precious state2/jobs.lock");
    check_refused(serve(daemon, options), "state2/jobs.lock' is a symbolic link");
  }
  SUBCASE("the socket") {
    daemon.say("ln -s ../precious run/socket");
    check_refused(serve(daemon, options), "'run/socket' is there and is no socket");
  }
  SUBCASE("the socket, to nowhere") {
    daemon.say("ln -s ../nowhere run/socket");
    check_refused(serve(daemon, options), "'run/socket' is there and is no socket");
    CHECK_FALSE(std::filesystem::exists(daemon.path("nowhere")));
  }
  CHECK(daemon.file("precious") == "content\n");
}

TEST_CASE("where something stands that is no socket, no daemon starts, and nothing is left beside it") {
  const TestDaemon daemon;
  daemon.say("mkdir -p run/directory; echo content >run/file");
  for (const std::string name : {"file", "directory"}) {
    CAPTURE(name);
    const std::string sentence =
        "run/" + name + "' is there and is no socket; name another one with --socket";
    check_refused(serve(daemon, "--state-dir state2 --socket run/" + name), sentence);
    const Finished client = daemon.sh("exec procpool --socket run/" + name + " jobs");
    CHECK(client.status == 125);
    CHECK(client.err.find(sentence) != std::string::npos);
  }
  CHECK(daemon.say("ls run") == "directory\nfile");
  CHECK(daemon.file("run/file") == "content\n");
}

TEST_CASE("what somebody has put in the place of the socket stays when the daemon ends") {
  const TestDaemon daemon;
  Program served = daemon.start("exec procpoold --socket run/socket --state-dir state2");
  REQUIRE(wait_until([&] { return served.err().find("ready on") != std::string::npos; }));
  daemon.say("rm run/socket; echo content >run/socket");
  served.signal(SIGTERM);
  CHECK(served.finish().status == 0);
  CHECK(daemon.file("run/socket") == "content\n");
}

TEST_CASE(
    "where anybody may put things, a directory that is not ours alone is refused for socket and state") {
  const TestDaemon daemon;
  daemon.say("mkdir -m 1777 tmp; mkdir -m 777 tmp/open; mkdir -m 700 own; ln -s ../own tmp/link");
  check_refused(serve(daemon, "--socket tmp/open/socket --state-dir own"),
                "'tmp/open' is open to other users");
  check_refused(serve(daemon, "--socket tmp/link/socket --state-dir own"), "'tmp/link' is not a directory");
  check_refused(serve(daemon, "--socket own/socket --state-dir tmp/open"),
                "'tmp/open' is open to other users");
  check_refused(serve(daemon, "--socket own/socket --state-dir tmp/link"), "'tmp/link' is not a directory");
  check_refused(serve(daemon, "--socket own/socket --state-dir tmp/link/below"),
                "'tmp/link' is not a directory");
  if (::geteuid() == 0) {
    daemon.say("mkdir -m 711 tmp/foreign; chown 54321 tmp/foreign");
    check_refused(serve(daemon, "--socket tmp/foreign/socket --state-dir own"), "belongs to another user");
  }
  CHECK(serve(daemon, "--socket tmp/made/socket --state-dir tmp/kept").status == 0);
}
