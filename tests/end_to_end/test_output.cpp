// output: what commands wrote, and --follow.

#include <doctest/doctest.h>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

TEST_CASE("output --follow prints what the tasks wrote as they end, until the job has ended") {
  const TestDaemon daemon(command_pool(2));
  daemon.say("mkfifo gate");
  const std::string id = daemon.say(
      "procpool map --async --shell 'test {} = late && cat gate; echo {}; echo {} >&2' ::: late early");
  Program follow = daemon.start("exec procpool output --follow " + id);
  Program errors = daemon.start("exec procpool output --follow --stderr " + id);
  Program early = daemon.start("exec procpool output --follow --index 1 " + id);
  CHECK(early.finish() == Finished{0, "early\n", ""});
  CHECK(wait_until([&] { return follow.out() == "early\n" && errors.out() == "early\n"; }));
  CHECK(follow.is_running());
  daemon.say("echo opened > gate");
  CHECK(follow.finish() == Finished{0, "early\nopened\nlate\n", ""});
  CHECK(errors.finish() == Finished{0, "early\nlate\n", ""});
  CHECK(daemon.say("procpool output " + id) == "opened\nlate\nearly");
  CHECK(daemon.say("procpool output --follow --index 0 " + id) == "opened\nlate");
}

TEST_CASE("output --follow ends when nobody reads it") {
  const TestDaemon daemon(command_pool(1));
  const std::string id =
      daemon.say("procpool map --async --shell 'echo {}; test {} = 1 || sleep 1000' ::: 1 2");
  CHECK(daemon.sh("procpool output --follow " + id + " | head -1").out == "1\n");
  daemon.cancel_kept_jobs();
}
