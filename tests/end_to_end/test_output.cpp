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

TEST_CASE("output of a running command is there as it comes, and goes on with the next daemon") {
  TestDaemon daemon(command_pool(1));
  daemon.say("mkfifo gate");
  const std::string id = daemon.say(
      "procpool apply --async -- sh -c 'echo one; echo oops >&2; cat gate; printf \"\\303\"; cat gate; echo "
      "end'");
  Program follow = daemon.start("exec procpool output --follow " + id);
  CHECK(wait_until([&] { return follow.out() == "one\n"; }));
  CHECK(daemon.say("procpool output " + id) == "one");
  CHECK(wait_until([&] { return daemon.say("procpool output --stderr " + id) == "oops"; }));
  CHECK(daemon.say("procpool output --index 0 " + id) == "one");
  daemon.say("echo two > gate");
  CHECK(wait_until([&] { return follow.out() == "one\ntwo\n\303"; }));

  daemon.kill_daemon();
  daemon.start_daemon();
  CHECK(daemon.say("procpool output " + id) == "one\ntwo\n\303");
  daemon.say("echo three > gate");
  const Finished end = follow.finish();
  CHECK(end.status == 0);
  CHECK(end.out == "one\ntwo\n\303three\nend\n");
  CHECK(daemon.say("procpool output " + id) == "one\ntwo\n\303three\nend");
}

TEST_CASE("who follows a command that prints more than is kept sees what is new, and its end") {
  const TestDaemon daemon("[limits]\ncapture_bytes = \"64KiB\"\n" + command_pool(1));
  daemon.say("mkfifo gate");
  const std::string id =
      daemon.say("procpool apply --async -- sh -c 'seq 100000; cat gate; echo next; cat gate; seq 100000'");
  CHECK(wait_until([&] { return daemon.sh("procpool output " + id + " | tail -1").out == "100000\n"; }));
  Program follow = daemon.start("exec procpool output --follow " + id);
  CHECK(wait_until([&] { return follow.out().ends_with("\n100000\n"); }));
  CHECK(follow.out().size() <= 64 * 1024);
  daemon.say("echo > gate");
  CHECK(wait_until([&] { return follow.out().ends_with("\n100000\n\nnext\n"); }));
  daemon.say("echo > gate");
  const Finished end = follow.finish();
  CHECK(end.status == 0);
  CHECK(end.out.ends_with("\n99999\n100000\n"));
  CHECK(end.err.find("bytes in the middle were left out") != std::string::npos);
}

TEST_CASE("what a command has printed is not shown to others, and leaves nothing behind") {
  const TestDaemon daemon(command_pool(1));
  const std::string id = daemon.say("procpool apply --async -- sh -c 'echo one; exec sleep 1000'");
  CHECK(wait_until([&] { return daemon.say("procpool output " + id) == "one"; }));
  CHECK(daemon.say("find state -name '*.out' -perm 600 | wc -l") == "1");
  const std::string pid = std::to_string(daemon.workers("default").front());
  daemon.say("kill -9 " + pid);
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  CHECK(wait_until([&] { return daemon.say("ls state/spool | wc -l") == "0"; }));
}
