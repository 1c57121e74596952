// Workers that have stopped answering.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

TEST_CASE("bazel10288: a worker that neither answers nor exits is ended at its task's time limit") {
  const TestDaemon daemon(python_pool(1));
  const int stuck = daemon.workers("py").front();
  kill(stuck, SIGSTOP);
  CHECK(daemon.sh("procpool apply --timeout 0.2 square 3").status == 124);
  CHECK(wait_until([&] { return !is_alive(stuck); }));
  CHECK(daemon.say("procpool apply square 3") == "9");
}

TEST_CASE("a stuck worker of commands does not keep its command from its time limit, nor from a cancel") {
  const TestDaemon daemon(command_pool(1));
  const int stuck = daemon.workers("default").front();
  auto client = daemon.start(
      "procpool apply --timeout 5 --kill-after 0.1 -- sh -c 'echo $$ >on.new; mv on.new on; exec sleep "
      "1000'");
  REQUIRE(wait_until([&] { return !daemon.file("on").empty(); }));
  kill(stuck, SIGSTOP);
  CHECK(client.finish().status == 124);
  CHECK(wait_until([&] { return !is_alive(stuck) && !is_alive(std::stoi(daemon.file("on"))); }));

  daemon.say("rm on");
  const std::string id =
      daemon.say("procpool apply --async -- sh -c 'echo $$ >on.new; mv on.new on; exec sleep 1000'");
  REQUIRE(wait_until([&] { return !daemon.file("on").empty(); }));
  kill(daemon.workers("default").front(), SIGSTOP);
  daemon.say("procpool cancel --grace 0.1 " + id);
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  CHECK(daemon.job(id)["state"] == "cancelled");
  CHECK(wait_until([&] { return !is_alive(std::stoi(daemon.file("on"))); }));
}
