// Clients that go away in the middle: what belongs to them ends, and nothing else does.

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>

#include "tests/support/processes.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

constexpr const char* no_last_input = "its submitter went away before its last input";

/// It dies without a word, as by a power cut.
void vanish(Program client) {
  client.signal(SIGKILL);
  CHECK(client.finish().status == 128 + SIGKILL);
}

/// Nothing of it runs or waits, and the workers serve the next client.
void check_all_over(const TestDaemon& daemon) {
  CHECK(wait_until([&] { return daemon.is_idle() && daemon.json("daemon status")["jobs"] == 0; }));
  CHECK(daemon.say("procpool apply --raw -- echo next") == "next");
}

/// Writes its number into `sleeper.INDEX`, and has a child that leads a session of its own.
const std::string tree =
    "sh -c 'setsid sleep 1000 & echo $! >tmp.$PROCPOOL_TASK; mv tmp.$PROCPOOL_TASK sleeper.$PROCPOOL_TASK; "
    "sleep 1000'";

int sleeper(const TestDaemon& daemon, const std::string& task) {
  REQUIRE(wait_until([&] { return !daemon.file("sleeper." + task).empty(); }));
  return std::stoi(daemon.file("sleeper." + task));
}

bool soon_dead(int pid) {
  return wait_until([&] { return !is_alive(pid); });
}

}  // namespace

TEST_CASE("a client that vanishes after some results of an imap takes the rest with it, trees included") {
  for (const int results : {0, 1, 2, 7}) {
    CAPTURE(results);
    const TestDaemon daemon(command_pool(2));
    // The tasks up to the last one that is answered are short, the next two stay.
    const std::string line = "exec procpool imap --raw --chunksize 1 -- sh -c 'if [ $PROCPOOL_TASK -lt " +
                             std::to_string(results) + " ]; then echo r; exit; fi; exec " +
                             "sh -c \"setsid sleep 1000 & echo \\$! >tmp.\\$PROCPOOL_TASK; "
                             "mv tmp.\\$PROCPOOL_TASK sleeper.\\$PROCPOOL_TASK; sleep 1000\"' ::: $(seq 30)";
    Program client = daemon.start(line);
    const int first = sleeper(daemon, std::to_string(results));
    const int second = sleeper(daemon, std::to_string(results + 1));
    CHECK(wait_until([&] { return client.out().size() == 2 * static_cast<std::size_t>(results); }));
    CHECK(is_alive(first));
    vanish(std::move(client));
    CHECK(soon_dead(first));
    CHECK(soon_dead(second));
    check_all_over(daemon);
    CHECK(daemon.file("sleeper." + std::to_string(results + 2)).empty());
  }
}

TEST_CASE("a client that vanishes in the middle of a large reply takes its job with it") {
  const TestDaemon daemon(command_pool(2));
  {
    RawClient client(daemon.path("socket"));
    const std::string submitted = client.call(
        "Submit", R"({"spec":{"verb":"imap","argv":["sh","-c","head -c 1000000 /dev/zero | tr '\\0' x"]},)"
                  R"("inputs":{"items":["1","2","3","4","5","6","7","8"]},"last":true})");
    const auto id = nlohmann::json::parse(submitted)["parameters"]["job"].dump();
    client.send(R"({"method":"io.procpool.Get","more":true,"parameters":{"job":)" + id + "}}" + '\0');
    CHECK(client.receive_some() > 0);
  }
  check_all_over(daemon);
}

TEST_CASE("a client that vanishes while it feeds from a pipe takes its attached job with it") {
  const TestDaemon daemon(command_pool(2));
  daemon.say("mkfifo inputs");
  Program client = daemon.start("exec procpool imap -- " + tree + " <inputs");
  std::ofstream inputs(daemon.path("inputs"));
  inputs << "one" << std::endl;
  const int pid = sleeper(daemon, "0");
  vanish(std::move(client));
  CHECK(soon_dead(pid));
  check_all_over(daemon);
}

TEST_CASE("a client without anything to write leaves when nobody reads its socket, and its job ends") {
  const TestDaemon daemon(command_pool(1));
  daemon.directory().write("reader.py", R"(
import os
import socket
import subprocess
import time
ours, its = socket.socketpair()
command = ["sh", "-c", "touch begun; exec sleep 1000", ":::", "x"]
client = subprocess.Popen(["procpool", "imap", "--", *command], stdout=its)
its.close()
while not os.path.exists("begun"):
    time.sleep(0.01)
ours.close()
print(client.wait())
)");
  CHECK(daemon.sh("exec python3 reader.py") == Finished{0, std::to_string(-SIGPIPE) + "\n", ""});
  check_all_over(daemon);
}

TEST_CASE("a client that vanishes while its job waits in the queue takes it out of there") {
  const TestDaemon daemon(command_pool(1));
  const std::string blocker =
      daemon.say("procpool apply --async -- sh -c 'until test -e gate; do sleep 0.01; done'");
  Program client = daemon.start("exec procpool map -- touch ::: one two three");
  REQUIRE(wait_until([&] { return daemon.json("daemon status")["tasks_queued"] == 3; }));
  vanish(std::move(client));
  CHECK(wait_until([&] { return daemon.json("daemon status")["tasks_queued"] == 0; }));
  daemon.say("touch gate");
  CHECK(daemon.sh("procpool wait " + blocker).status == 0);
  check_all_over(daemon);
  CHECK_FALSE(std::filesystem::exists(daemon.path("one")));
}

TEST_CASE("a kept job whose client dies in the middle of feeding is cancelled, and says why") {
  const TestDaemon daemon(command_pool(2));
  daemon.say("mkfifo inputs");
  Program client = daemon.start("exec procpool map --async -- " + tree + " <inputs");
  std::ofstream inputs(daemon.path("inputs"));
  inputs << "one" << std::endl;
  const int pid = sleeper(daemon, "0");
  const auto jobs = daemon.json("jobs");
  REQUIRE(jobs.size() == 1);
  CHECK(jobs[0]["inputs_complete"] == false);
  vanish(std::move(client));
  const std::string id = jobs[0]["id"].dump();
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  CHECK(daemon.job(id)["state"] == "cancelled");
  CHECK(daemon.job(id)["reason"] == no_last_input);
  CHECK(soon_dead(pid));
  check_all_over(daemon);
}

TEST_CASE("a kept job waits for whoever fed it last, and once it has all its inputs for nobody") {
  const TestDaemon daemon(command_pool(1));
  const std::string socket = daemon.path("socket");
  RawClient watcher(socket);
  std::optional<RawClient> submitter(socket);
  const std::string submitted = submitter->call(
      "Submit",
      R"({"spec":{"verb":"map","argv":["true"],"keep":true},"inputs":{"items":["1"]},"last":false})");
  const std::string id = nlohmann::json::parse(submitted)["parameters"]["job"].dump();
  const auto fed = [&](const char* last) {
    return R"({"job":)" + id + R"(,"inputs":{"items":["2"]},"last":)" + last + "}";
  };
  std::optional<RawClient> feeder(socket);
  CHECK(feeder->call("Feed", fed("false")).find("\"accepted\":true") != std::string::npos);
  submitter.reset();
  REQUIRE(wait_until([&] { return daemon.json("daemon status")["connections"] == 3; }));
  CHECK(daemon.job(id)["inputs_complete"] == false);
  SUBCASE("the last feeder goes away") {
    feeder.reset();
    CHECK(daemon.sh("procpool wait " + id).status == 0);
    CHECK(daemon.job(id)["reason"] == no_last_input);
    CHECK(watcher.call("Feed", fed("true")).find("\"ended\":true") != std::string::npos);
  }
  SUBCASE("it brings the last input and goes away") {
    CHECK(feeder->call("Feed", fed("true")).find("\"accepted\":true") != std::string::npos);
    feeder.reset();
    CHECK(daemon.sh("procpool wait " + id).status == 0);
    CHECK(daemon.job(id)["state"] == "succeeded");
    CHECK(daemon.job(id)["tasks"]["succeeded"] == 3);
  }
}

TEST_CASE("a half-closed connection still gets its answer, also to a call that waits and to a stream") {
  const TestDaemon daemon(command_pool(2));
  const std::string gate = R"("argv":["sh","-c","until test -e gate; do sleep 0.01; done; echo through"])";
  const std::string id =
      daemon.say("procpool apply --async -- sh -c 'until test -e gate; do sleep 0.01; done'");
  RawClient apply(daemon.path("socket"));
  apply.send(R"({"method":"io.procpool.Apply","parameters":{"spec":{"verb":"apply",)" + gate +
             R"(},"inputs":{"items":[null]}}})" + '\0');
  RawClient wait(daemon.path("socket"));
  wait.send(R"({"method":"io.procpool.Wait","parameters":{"jobs":[)" + id + "]}}" + '\0');
  RawClient get(daemon.path("socket"));
  get.send(R"({"method":"io.procpool.Get","more":true,"parameters":{"job":)" + id + "}}" + '\0');
  for (RawClient* client : {&apply, &wait, &get}) client->finish_sending();
  REQUIRE(wait_until([&] { return daemon.json("daemon status")["tasks_running"] == 2; }));
  daemon.say("touch gate");
  CHECK(apply.receive().find("through") != std::string::npos);
  CHECK(wait.receive().find("\"pending\":[]") != std::string::npos);
  std::string last;
  for (std::string reply = get.receive(); !reply.empty(); reply = get.receive()) last = reply;
  CHECK(last.find("\"done\":true") != std::string::npos);
  CHECK(apply.is_closed());
  CHECK(wait.is_closed());
}

TEST_CASE("a reader that stops reading stalls its own stream only, and loses nothing of it") {
  const TestDaemon daemon(command_pool(2) + "[limits]\nwindow_bytes = \"1MiB\"\n");
  RawClient stalled(daemon.path("socket"));
  const std::string submitted = stalled.call(
      "Submit", R"({"spec":{"verb":"imap","argv":["sh","-c","head -c 300000 /dev/zero | tr '\\0' x"]},)"
                R"("inputs":{"items":["1","2","3","4","5","6","7","8","9","10"]},"last":true})");
  const auto id = nlohmann::json::parse(submitted)["parameters"]["job"].dump();
  stalled.send(R"({"method":"io.procpool.Get","more":true,"parameters":{"job":)" + id + "}}" + '\0');
  // The others are served meanwhile.
  CHECK(daemon.say("seq 200 | procpool map -- sh -c 'echo $PROCPOOL_TASK' | jq length") == "200");
  std::uint64_t values = 0;
  for (;;) {
    const auto reply = nlohmann::json::parse(stalled.receive())["parameters"];
    for (const auto& piece : reply["pieces"]) values += piece["values"]["items"].size();
    if (reply["done"] == true) break;
  }
  CHECK(values == 10);
}
