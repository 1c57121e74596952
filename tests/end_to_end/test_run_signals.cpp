// run: its signals when the daemon does not serve the connection that takes them to the command.

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <utility>

#include "tests/support/listener.hpp"
#include "tests/support/processes.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/test_daemon.hpp"

namespace os = procpool::os;
using namespace procpool::test;

namespace {

constexpr int interrupted = 130;

/// A run of which the test is the daemon, and the command.
class ToldRun {
 public:
  ToldRun() {
    Listener::read_call(call_);
    Listener::reply(call_, R"({"parameters":{"job":7},"continues":true})");
  }

  const Program& program() const { return program_; }
  Finished finish() { return program_.finish(); }

  /// The connection on which the signal comes.
  os::Fd send(int number, const std::string& name) const {
    program_.signal(number);
    os::Fd side = listener_.accept();
    CHECK(Listener::read_call(side).find(R"("signal":")" + name + '"') != std::string::npos);
    return side;
  }
  void command_ends(const std::string& state) const {
    Listener::reply(call_, R"({"parameters":{"job":7,"record":{"index":0,"state":")" + state + R"("}}})");
  }

 private:
  TestDaemon daemon_{command_pool(1)};
  Listener listener_{daemon_.path("listener")};
  Program program_{daemon_.start("exec procpool --socket listener run -- true")};
  os::Fd call_{listener_.accept()};
};

bool is_stopped(const Program& program) {
  return wait_until([&] { return state_of(program.pid()) == 'T'; });
}

}  // namespace

TEST_CASE("a signal that is meant to end a run ends it when the daemon is silent") {
  for (const auto& [number, name] :
       {std::pair(SIGINT, "INT"), {SIGTERM, "TERM"}, {SIGHUP, "HUP"}, {SIGQUIT, "QUIT"}}) {
    CAPTURE(name);
    ToldRun run;
    const os::Fd side = run.send(number, name);
    CHECK(run.finish() == Finished{interrupted, "", ""});
  }
}

TEST_CASE("the second Ctrl-C ends a run at once when the first was not answered") {
  using Clock = std::chrono::steady_clock;
  // Alone, the first one ends it after a second.
  CHECK(wait_until([] {
    ToldRun run;
    const os::Fd side = run.send(SIGINT, "INT");
    const auto before = Clock::now();
    run.program().signal(SIGINT);
    CHECK(run.finish() == Finished{interrupted, "", ""});
    return Clock::now() - before < std::chrono::milliseconds(500);
  }));
}

TEST_CASE("Ctrl-Z stops a run also when the daemon is silent, and it goes on later") {
  ToldRun run;
  const os::Fd side = run.send(SIGTSTP, "TSTP");
  CHECK(is_stopped(run.program()));
  run.program().signal(SIGCONT);
  run.command_ends("succeeded");
  CHECK(run.finish() == Finished{0, "", ""});
}

TEST_CASE("no run ends because nobody has heard that its terminal changed") {
  ToldRun run;
  const os::Fd side = run.send(SIGWINCH, "WINCH");
  CHECK(Listener::is_closed(side));
  CHECK(run.program().is_running());
  run.command_ends("succeeded");
  CHECK(run.finish() == Finished{0, "", ""});
}

TEST_CASE("a command that ended before the signal came has its own status") {
  ToldRun run;
  const os::Fd side = run.send(SIGINT, "INT");
  Listener::reply(side, R"({"parameters":{"delivered":false}})");
  CHECK(Listener::read_call(side).find("io.procpool.Cancel") != std::string::npos);
  SUBCASE("and is not kept") {
    Listener::reply(side, R"({"error":"io.procpool.NoSuchJob","parameters":{"job":7}})");
  }
  SUBCASE("and is left as it is") { Listener::reply(side, R"({"parameters":{"cancelled":[]}})"); }
  CHECK(Listener::is_closed(side));
  run.command_ends("succeeded");
  CHECK(run.finish() == Finished{0, "", ""});
}

TEST_CASE("a run that was cancelled is interrupted if its own user did it, and else it has failed") {
  constexpr int failed = 1;
  ToldRun run;
  int status = failed;
  SUBCASE("by somebody else") {}
  SUBCASE("by Ctrl-C, before the command ran") {
    const os::Fd side = run.send(SIGINT, "INT");
    Listener::reply(side, R"({"parameters":{"delivered":false}})");
    CHECK(Listener::read_call(side).find("io.procpool.Cancel") != std::string::npos);
    Listener::reply(side, R"({"parameters":{"cancelled":[7]}})");
    CHECK(Listener::is_closed(side));
    status = interrupted;
  }
  SUBCASE("by somebody else, after a Ctrl-C that the command got") {
    const os::Fd side = run.send(SIGINT, "INT");
    Listener::reply(side, R"({"parameters":{"delivered":true}})");
    CHECK(Listener::is_closed(side));
  }
  run.command_ends("cancelled");
  CHECK(run.finish() == Finished{status, "", ""});
}

TEST_CASE("a run whose user has no more connections is ended by its signals, and the command with it") {
  const TestDaemon daemon(command_pool(1) + "[limits]\nconnections_per_user = 2\n");
  Program program = daemon.start("exec procpool run -- sh -c 'echo $$ >tmp; mv tmp pid; exec sleep 1000'");
  REQUIRE(wait_until([&] { return std::filesystem::exists(daemon.path("pid")); }));
  const int command = std::stoi(daemon.file("pid"));
  {
    RawClient second(daemon.path("socket"));
    REQUIRE(second.call("GetStatus", "{}").find("version") != std::string::npos);
    SUBCASE("TERM") { program.signal(SIGTERM); }
    SUBCASE("Ctrl-C") { program.interrupt(); }
    CHECK(program.finish() == Finished{interrupted, "", ""});
    CHECK(wait_until([&] { return !is_alive(command); }));
  }
  CHECK(wait_until([&] { return daemon.sh("procpool daemon status").status == 0; }));
}

TEST_CASE("a run is ended by its signals when the daemon stands still, and the command when it goes on") {
  const TestDaemon daemon(command_pool(1));
  Program program = daemon.start("exec procpool run -- sh -c 'echo $$ >tmp; mv tmp pid; exec sleep 1000'");
  REQUIRE(wait_until([&] { return std::filesystem::exists(daemon.path("pid")); }));
  const int command = std::stoi(daemon.file("pid"));
  daemon.signal_daemon(SIGSTOP);
  program.interrupt();
  CHECK(program.finish() == Finished{interrupted, "", ""});
  daemon.signal_daemon(SIGCONT);
  CHECK(wait_until([&] { return !is_alive(command); }));
  CHECK(wait_until([&] { return daemon.is_idle(); }));
}
