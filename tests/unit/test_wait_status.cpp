#include <doctest/doctest.h>

#include <csignal>

#include "common/os/launch_stage.hpp"
#include "common/os/wait_status.hpp"

using procpool::os::LaunchFailure;
using procpool::os::LaunchStage;
using procpool::os::signal_name;
using procpool::os::signal_number;
using procpool::os::WaitStatus;

TEST_CASE("a status says how the process ended") {
  WaitStatus exited;
  exited.exit_status = 3;
  CHECK(exited.describe() == "exit status 3");
  CHECK_FALSE(exited.succeeded());
  exited.exit_status = 0;
  CHECK(exited.succeeded());
  WaitStatus killed;
  killed.signal = SIGKILL;
  CHECK(killed.describe() == "signal KILL");
  CHECK_FALSE(killed.succeeded());
}

TEST_CASE("signals have names, and a number where they have none") {
  CHECK(signal_name(SIGTERM) == "TERM");
  CHECK(signal_name(SIGSEGV) == "SEGV");
  CHECK(signal_name(40) == "40");
}

TEST_CASE("a signal is found by each of its names") {
  for (const char* name : {"KILL", "SIGKILL", "kill", "sigkill", "9"}) CHECK(signal_number(name) == SIGKILL);
  CHECK(signal_number("USR1") == SIGUSR1);
  CHECK(signal_number("IO") == SIGIO);
  CHECK(signal_number("CLD") == SIGCHLD);
  CHECK(signal_number("64") == 64);
}

TEST_CASE("what is no signal is not found") {
  for (const char* name : {"", "SIG", "NOSUCH", "0", "65", "-9", "9x", "99999999999"})
    CHECK_FALSE(signal_number(name));
}

TEST_CASE("every name is found again") {
  for (int number = 1; number <= 64; ++number) CHECK(signal_number(signal_name(number)) == number);
}

TEST_CASE("a launch failure names the step, the subject and the reason") {
  const LaunchFailure failure{LaunchStage::execute, ENOENT, "foo"};
  CHECK(failure.describe() == "cannot execute 'foo': No such file or directory");
  CHECK(failure.errno_name() == "ENOENT");
  CHECK(LaunchFailure{LaunchStage::streams, EMFILE, ""}.describe() ==
        "cannot set the standard streams: Too many open files");
}
