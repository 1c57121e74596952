// Lock files: one process has the lock, and its end gives it back.

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "common/os/channel_pair.hpp"
#include "common/os/lock_file.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool;

namespace {

/// The call that a child runs and leaves with.
template <class Work>
pid_t in_a_child(Work work) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    work();
    _exit(0);
  }
  return child;
}

}  // namespace

TEST_CASE("who comes second hears who has the lock; when that has ended it is free") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path("lock");
  {
    const auto first = os::take_lock_file(path);
    REQUIRE(first);
    CHECK(first->lock);
    const auto second = os::take_lock_file(path);
    REQUIRE(second);
    CHECK_FALSE(second->lock);
    CHECK(second->held_by == "process " + std::to_string(getpid()));
  }
  CHECK(os::take_lock_file(path)->lock);
}

TEST_CASE("whoever has the lock leaves a word for those who come later, and a later one its own") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path("lock");
  for (const std::string note : {"at /run/a socket", "at b", ""}) {
    const auto held = os::take_lock_file(path, note);
    REQUIRE(held);
    const auto second = os::take_lock_file(path, "in vain");
    REQUIRE(second);
    CHECK_FALSE(second->lock);
    CHECK(second->held_by == "process " + std::to_string(getpid()));
    CHECK(second->note == note);
  }
}

TEST_CASE("the lock of a process that was killed while it made a child is waited for") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path("lock");
  auto pipe = os::make_pipe().value();
  const pid_t holder = in_a_child([&] {
    const auto held = os::take_lock_file(path);
    if (!held || !held->lock) _exit(1);
    // It has our lock without having taken it, as every child has before it is a program.
    if (fork() == 0) {
      char byte = 0;
      (void)!read(pipe.read.get(), &byte, 1);
      usleep(50'000);
      _exit(0);
    }
  });
  int status = 0;
  REQUIRE(waitpid(holder, &status, 0) == holder);
  REQUIRE(status == 0);
  const auto in_vain = os::take_lock_file(path, "", std::chrono::milliseconds(0));
  REQUIRE(in_vain);
  CHECK(in_vain->held_by == "process " + std::to_string(holder));
  CHECK(write(pipe.write.get(), "x", 1) == 1);
  const auto taken = os::take_lock_file(path);
  REQUIRE(taken);
  CHECK(taken->lock);
}
