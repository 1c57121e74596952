// Who may connect, and what they see and touch when it is not their own daemon.

#include <doctest/doctest.h>

#include <csignal>

#include <sys/stat.h>

#include "tests/support/other_user.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

constexpr int alice = 54321;
constexpr int bob = 54322;
constexpr int staff = 54400;

const std::string for_alice_and_bob = "[access]\nusers = [54321, 54322]\n";
const std::string until_gate = "--raw -- sh -c 'until test -e gate; do sleep 0.01; done; echo through'";

mode_t mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(lstat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

void check_refused(const Finished& finished, const std::string& says) {
  INFO(finished);
  CHECK(finished.status == 125);
  CHECK(finished.out == "");
  CHECK(finished.err.find(says) != std::string::npos);
}

}  // namespace

TEST_CASE("users and groups of [access] may connect, by whichever of their groups; strangers are told no") {
  if (!can_act_as_others()) return;
  const TestDaemon daemon(command_pool(1) + "[access]\nusers = [54321]\ngroups = [54400]\n");
  CHECK(mode_of(daemon.path("socket")) == 0666);
  const std::string line = "procpool apply --raw -- echo hello";
  CHECK(OtherUser(daemon, alice, alice).sh(line) == Finished{0, "hello\n", ""});
  CHECK(OtherUser(daemon, bob, staff).sh(line) == Finished{0, "hello\n", ""});
  CHECK(OtherUser(daemon, bob, bob, {7, staff, 9}).sh(line) == Finished{0, "hello\n", ""});
  std::vector<int> many;
  for (int group = 60000; group < 60200; ++group) many.push_back(group);
  many.push_back(staff);
  CHECK(OtherUser(daemon, bob, bob, many).sh(line) == Finished{0, "hello\n", ""});
  const OtherUser stranger(daemon, bob, bob, {7});
  for (int round = 0; round < 20; ++round)
    check_refused(stranger.sh(line), "user 54322 may not use this daemon");
  CHECK(daemon.say(line) == "hello");
}

TEST_CASE("without [access] the socket is its owner's alone") {
  const TestDaemon daemon(command_pool(1));
  CHECK(mode_of(daemon.path("socket")) == 0600);
  if (!can_act_as_others()) return;
  check_refused(OtherUser(daemon, alice, alice).sh("procpool --no-autostart apply -- true"),
                "ermission denied");
}

TEST_CASE("a job of somebody else is as one that is not there, for every verb") {
  if (!can_act_as_others()) return;
  const TestDaemon daemon(command_pool(3) + for_alice_and_bob);
  const OtherUser a(daemon, alice, alice);
  const OtherUser b(daemon, bob, bob);
  const std::string owners = daemon.say("procpool apply --async " + until_gate);
  const std::string alices = a.say("procpool apply --async " + until_gate);
  Program attached = a.start("exec procpool apply " + until_gate);
  REQUIRE(wait_until([&] { return daemon.json("daemon status")["tasks_running"] == 3; }));

  for (const std::string& foreign : {owners, alices})
    for (const std::string verb : {"show", "get", "wait", "ready", "successful", "output", "cancel"}) {
      CAPTURE(verb);
      check_refused(b.sh("procpool " + verb + " " + foreign), "there is no job " + foreign);
    }
  for (const auto& job : daemon.json("jobs")) {
    const std::string id = job["id"].dump();
    for (const std::string call :
         {R"(SendSignal '{"job":ID,"signal":"TERM"}')", R"(Feed '{"job":ID,"last":true}')",
          R"(Cancel '{"jobs":[ID]}')", R"(Wait '{"jobs":[ID]}')", R"(Get '{"job":ID}')"}) {
      CAPTURE(call);
      std::string line = "procpool call " + call;
      line.replace(line.find("ID"), 2, id);
      const Finished called = b.sh(line);
      CHECK(called.status == 1);
      CHECK(called.out == "");
      CHECK(called.err.find("NoSuchJob {\"message\":\"there is no job " + id) != std::string::npos);
    }
  }
  CHECK(b.json("jobs").empty());
  const auto pool = b.json("pool show default");
  for (const auto& worker : pool["workers"]) CHECK_FALSE(worker.contains("job"));
  CHECK(b.say("procpool --json pool list").find("\"job\"") == std::string::npos);

  // Nothing of that has touched them; their own users see them, and root all.
  CHECK(a.json("jobs").size() == 2);
  CHECK(daemon.json("jobs").size() == 3);
  CHECK(daemon.job(alices)["uid"] == alice);
  daemon.say("touch gate");
  CHECK(a.say("procpool get " + alices) == "through");
  CHECK(daemon.say("procpool get " + owners) == "through");
  CHECK(attached.finish() == Finished{0, "through\n", ""});
}

TEST_CASE("a list with one job of somebody else is refused as a whole") {
  if (!can_act_as_others()) return;
  const TestDaemon daemon(command_pool(2) + for_alice_and_bob);
  const OtherUser a(daemon, alice, alice);
  const std::string foreign = OtherUser(daemon, bob, bob).say("procpool apply --async " + until_gate);
  const std::string own = a.say("procpool apply --async " + until_gate);
  for (const std::string& list : {own + " " + foreign, foreign + " " + own})
    for (const std::string verb : {"wait", "wait --any", "cancel"})
      check_refused(a.sh("procpool " + verb + " " + list), "there is no job " + foreign);
  CHECK_FALSE(daemon.job(own).contains("reason"));
  daemon.say("touch gate");
  CHECK(a.say("procpool get " + own) == "through");
  CHECK(daemon.sh("procpool wait " + foreign).status == 0);
  CHECK(daemon.job(foreign)["state"] == "succeeded");
}

TEST_CASE("others look at pools, functions and the daemon, and change none of them") {
  if (!can_act_as_others()) return;
  const TestDaemon daemon(python_pool(1) + for_alice_and_bob);
  const OtherUser a(daemon, alice, alice);
  CHECK(a.json("pool list").size() == 1);
  CHECK(a.json("pool show py")["state"] == "running");
  CHECK(a.say("procpool functions").find("square") != std::string::npos);
  CHECK(a.json("daemon status")["state"] == "serving");
  for (const std::string line :
       {"pool create own --workers 1", "pool resize py 2", "pool pause py", "pool resume py",
        "pool recycle py", "pool close py", "pool terminate py", "daemon stop", "daemon drain",
        "daemon reload", "daemon config", "daemon log-level debug"}) {
    CAPTURE(line);
    check_refused(a.sh("procpool " + line), "only the daemon's user and root");
  }
  CHECK(a.say("procpool apply square 3") == "9");
  CHECK(a.json("pool list").size() == 1);
}

TEST_CASE("shared: everybody who may connect sees and touches all jobs, but not the pools") {
  if (!can_act_as_others()) return;
  const TestDaemon daemon(command_pool(1) + for_alice_and_bob + "shared = true\n");
  const std::string id = OtherUser(daemon, alice, alice).say("procpool apply --async -- sleep 1000");
  const OtherUser b(daemon, bob, bob);
  CHECK(b.json("show " + id)["uid"] == alice);
  CHECK(b.sh("procpool cancel " + id).status == 0);
  CHECK(b.sh("procpool wait " + id).status == 0);
  CHECK(daemon.job(id)["state"] == "cancelled");
  check_refused(b.sh("procpool pool pause default"), "only the daemon's user and root");
  check_refused(OtherUser(daemon, 54323, 54323).sh("procpool jobs"), "may not use this daemon");
}

TEST_CASE("a reload names [access] as needing a restart, and lets nobody in by it") {
  const TestDaemon daemon(command_pool(1));
  std::string settings = daemon.file("procpoold.toml");
  daemon.directory().write("procpoold.toml", settings + for_alice_and_bob);
  CHECK(daemon.json("daemon reload")["needs_restart"] == nlohmann::json{"access.users"});
  CHECK(mode_of(daemon.path("socket")) == 0600);
}

TEST_CASE("others cannot take every connection: the last ones are for root and the daemon's user") {
  if (!can_act_as_others()) return;
  const TestDaemon daemon(command_pool(1) + for_alice_and_bob + "[limits]\nconnections = 16\n");
  const OtherUser a(daemon, alice, alice);
  Program crowd = a.start(
      "exec python3 -c 'import os, socket, sys\n"
      "crowd = [socket.socket(socket.AF_UNIX) for i in range(20)]\n"
      "for each in crowd: each.connect(os.environ[\"PROCPOOL_SOCKET\"])\n"
      "refused = sum(b\"TooManyConnections\" in each.recv(1000) for each in crowd[14:])\n"
      "print(refused, flush=True)\n"
      "while True: crowd[0].recv(1)'");
  REQUIRE(wait_until([&] { return crowd.out() == "6\n"; }));
  CHECK(daemon.limit("connections")["used"] == 15);
  CHECK(daemon.limit("connections")["refused"] == 6);
  CHECK(daemon.say("procpool apply --raw -- echo served") == "served");
  check_refused(OtherUser(daemon, bob, bob).sh("procpool jobs"), "limits.connections");
  crowd.signal(SIGKILL);
  CHECK(crowd.finish().status == 128 + SIGKILL);
}
