// Workers that do not come to stand, however they fail: their pool is broken and says why, the
// daemon is ready, and the other pools work.

#include <doctest/doctest.h>

#include <string>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

const std::string impatient =
    "[daemon]\nstart_attempts = 3\nstart_delay = \"1ms\"\nstop_timeout = 0\nkill_after = 1\n";

std::string program(const std::string& argv) { return "kind = \"program\"\nargv = [" + argv + "]\n"; }

std::string shell(const std::string& line) { return program("'sh', '-c', '''" + line + "'''"); }

const std::string says_ready = R"(echo "{\"ready\":{\"functions\":[\"f\"]}}")";

/// A pool of workers like these is broken for this reason, and nobody else's problem.
void check_broken(const std::string& pool, const std::string& reason) {
  CAPTURE(pool);
  const TestDaemon daemon(impatient + "[pools.odd]\nworkers = 2\n" + pool + command_pool(1));
  CHECK(wait_until([&] { return daemon.pool("odd")["state"] == "broken"; }));
  CHECK(daemon.pool("odd").value("reason", "").find(reason) != std::string::npos);
  const Finished refused = daemon.sh("procpool apply --pool odd f 1");
  CHECK(refused.status == 125);
  CHECK(refused.err.find("pool 'odd' is broken: ") != std::string::npos);
  CHECK(refused.err.find(reason) != std::string::npos);
  CHECK(daemon.log().find("a worker could not start: ") != std::string::npos);
  CHECK(daemon.sh("procpool apply --pool default -- true").status == 0);
}

}  // namespace

TEST_CASE("a worker that leaves without a word could not start, and its last line says why") {
  check_broken(program("'false'"), "exit status 1 before it was ready");
  check_broken(shell("echo not this >&2; echo no license >&2; exit 7"),
               "exit status 7 before it was ready: no license");
}

TEST_CASE("a pool of workers that leave is not made, and the answer says why") {
  const TestDaemon daemon(impatient + command_pool(1));
  const Finished refused = daemon.sh("procpool pool create odd --workers 1 -- false");
  CHECK(refused.status == 125);
  CHECK(refused.err.find("exit status 1 before it was ready") != std::string::npos);
}

TEST_CASE("a worker that says what is not in the protocol could not start, and what it said is told") {
  check_broken(program("'echo', 'hello'"), "what is not in the worker protocol: hello");
  check_broken(shell("echo hello; cat"), "what is not in the worker protocol: hello");
}

TEST_CASE("a module that ends its interpreter could not be loaded") {
  const TemporaryDirectory directory;
  directory.write("leaving.py", "import os\nos._exit(3)\n");
  check_broken("kind = \"python\"\nmodule = \"" + directory.path("leaving.py") + "\"\n",
               "exit status 3 before it was ready");
}

TEST_CASE("an initializer that kills its worker keeps it from starting") {
  check_broken("kind = \"command\"\ninitializer = \"kill -KILL $PPID\"\n", "signal KILL");
}

TEST_CASE("a worker that is ready and ends at once could not start") {
  check_broken(shell(says_ready + "; echo no license >&2; exit 7"),
               "exit status 7 as soon as it was ready: no license");
}

TEST_CASE("a worker that is ready and talks rubbish at once could not start") {
  check_broken(shell(says_ready + "; echo hello; cat"), "what is not in the worker protocol: hello");
}
