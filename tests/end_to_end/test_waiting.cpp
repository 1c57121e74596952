// wait, ready, successful, jobs and show.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/listener.hpp"
#include "tests/support/test_daemon.hpp"

namespace os = procpool::os;
using namespace procpool::test;

TEST_CASE("wait: all completed, some of them already, duplicates counted once") {
  const TestDaemon daemon(python_pool(2));
  const std::string done = daemon.say("procpool apply --async square 2");
  const std::string slow = daemon.say("procpool apply --async wait_for gate");
  CHECK(daemon.sh("procpool wait " + done + " " + done) == Finished{0, "", ""});
  Program wait = daemon.start("exec procpool --json wait " + done + " " + slow + " " + done + " " + slow);
  CHECK(wait.is_running());
  daemon.directory().write("gate", "");
  const Finished waited = wait.finish();
  CHECK(waited.status == 0);
  auto report = nlohmann::json::parse(waited.out);
  CHECK(report["pending"].empty());
  REQUIRE(report["done"].size() == 2);
}

TEST_CASE("wait --any: the first completed, and one that has failed counts too") {
  const TestDaemon daemon(python_pool(2));
  const std::string slow = daemon.say("procpool apply --async wait_for never");
  const std::string failing = daemon.say("procpool apply --async fail 1");
  CHECK(daemon.sh("procpool wait --any " + slow + " " + failing) == Finished{0, failing + "\n", ""});
  const auto report = daemon.json("wait --any " + slow + " " + failing);
  CHECK(report["done"] == nlohmann::json{std::stoi(failing)});
  CHECK(report["pending"] == nlohmann::json{std::stoi(slow)});
}

TEST_CASE("wait with a timeout: 124, and both sets") {
  const TestDaemon daemon(python_pool(2));
  const std::string slow = daemon.say("procpool apply --async wait_for never");
  const std::string done = daemon.say("procpool apply --async square 2");
  CHECK(daemon.sh("procpool wait " + done).status == 0);
  for (const std::string timeout : {"0", "0.1"}) {
    CAPTURE(timeout);
    CHECK(daemon.sh("procpool wait --timeout " + timeout + " " + slow + " " + done).status == 124);
    Finished both;
    do {
      both = daemon.sh("procpool --json wait --timeout " + timeout + " " + slow + " " + done);
    } while (both.err.find("has not answered in time") != std::string::npos);  // it stood still
    CHECK(both.status == 124);
    CHECK(nlohmann::json::parse(both.out) ==
          nlohmann::json{{"done", {std::stoi(done)}}, {"pending", {std::stoi(slow)}}});
    CHECK(daemon.sh("procpool wait --any --timeout " + timeout + " " + slow).status == 124);
  }
}

TEST_CASE("ready and successful answer by their status alone") {
  const TestDaemon daemon(python_pool(1) + command_pool(1));
  const auto answers = [&](const std::string& id) {
    const Finished ready = daemon.sh("procpool ready " + id);
    const Finished successful = daemon.sh("procpool successful " + id);
    CHECK(ready.out + ready.err + successful.out + successful.err == "");
    return std::to_string(ready.status) + std::to_string(successful.status);
  };
  const std::string failing = daemon.say("procpool apply --async fail 1");
  const std::string good = daemon.say("procpool apply --async square 1");
  const std::string bad_command = daemon.say("procpool apply --async -- false");
  CHECK(daemon.sh("procpool wait " + failing + " " + good + " " + bad_command).status == 0);
  CHECK(answers(failing) == "01");
  CHECK(answers(good) == "00");
  CHECK(answers(bad_command) == "01");
  CHECK(answers(daemon.say("procpool apply --async wait_for never")) == "11");
}

TEST_CASE("ready and successful wait for the callbacks of a job as wait and get do") {
  const TestDaemon daemon(python_pool(1));
  daemon.say("mkfifo gate");
  std::string callback;
  SUBCASE("for the job") { callback = "--callback"; }
  SUBCASE("for each task") { callback = "--each"; }
  const std::string id =
      daemon.say("procpool apply --async " + callback + " 'touch begun; cat gate >/dev/null' square 2");
  REQUIRE(wait_until([&] { return std::filesystem::exists(daemon.path("begun")); }));
  CHECK(daemon.sh("procpool ready " + id).status == 1);
  CHECK(daemon.sh("procpool successful " + id).status == 1);
  CHECK(daemon.sh("procpool wait --timeout 0 " + id).status == 124);
  CHECK(daemon.sh("procpool get --timeout 0.01 " + id).status == 124);
  CHECK(daemon.job(id)["state"] == "running");
  daemon.say("echo go >gate");
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  CHECK(daemon.sh("procpool ready " + id).status == 0);
  CHECK(daemon.sh("procpool successful " + id).status == 0);
  CHECK(daemon.say("procpool get " + id) == "4");
}

TEST_CASE("a job that is not there is refused by name") {
  const TestDaemon daemon;
  for (const std::string verb : {"get", "wait", "ready", "successful", "show", "cancel", "output"}) {
    CAPTURE(verb);
    const Finished refused = daemon.sh("procpool " + verb + " 4711");
    CHECK(refused.status == 125);
    CHECK(refused.out == "");
    CHECK(refused.err.find("4711") != std::string::npos);
    for (const std::string wrong : {"x", "0", "-1", "1.5", "99999999999999999999"})
      CHECK(daemon.sh("procpool " + verb + " " + wrong).status == 2);
  }
}

TEST_CASE("jobs lists the newest first, by state if asked; show tells all of one") {
  const TestDaemon daemon(python_pool(1) + command_pool(1));
  const std::string good = daemon.say("procpool map --async --name nightly --priority 3 square ::: 1 2 3");
  const std::string bad = daemon.say("procpool apply --async -- false");
  const std::string running = daemon.say("procpool apply --async wait_for never");
  CHECK(daemon.sh("procpool wait " + good + " " + bad).status == 0);
  REQUIRE(wait_until([&] { return daemon.job(running)["state"] == "running"; }));

  const auto ids = [&](const std::string& options) {
    std::string all;
    for (const auto& job : daemon.json("jobs " + options)) all += std::to_string(job["id"].get<int>()) + " ";
    return all;
  };
  CHECK(ids("") == running + " " + bad + " " + good + " ");
  CHECK(ids("--state failed") == bad + " ");
  CHECK(ids("--state succeeded") == good + " ");
  CHECK(ids("--state running") == running + " ");
  CHECK(ids("--limit 1") == running + " ");
  CHECK(daemon.sh("procpool jobs --state sleeping").status == 2);

  const auto job = daemon.job(good);
  CHECK(job["name"] == "nightly");
  CHECK(job["priority"] == 3);
  CHECK(job["verb"] == "map");
  CHECK(job["function"] == "square");
  CHECK(job["tasks"]["succeeded"] == 3);
  const Finished table = daemon.sh("procpool jobs");
  CHECK(table.out.starts_with("JOB"));
  CHECK(daemon.sh("procpool show " + good).out.find("nightly") != std::string::npos);
}

TEST_CASE("a timeout is kept also when the daemon stands still") {
  const TestDaemon daemon(command_pool(1));
  const std::string id = daemon.say("procpool apply --async -- sleep 1000");
  daemon.signal_daemon(SIGSTOP);
  for (const std::string& line :
       {"wait --timeout 0.1 " + id, "wait --any --timeout 0 " + id, "get --timeout 0.1 " + id,
        std::string("pool join --timeout 0.1 default")}) {
    CAPTURE(line);
    const Finished finished = daemon.sh("procpool " + line);
    CHECK(finished.status == 124);
    CHECK(finished.out == "");
    CHECK(finished.err.find("daemon") != std::string::npos);
  }
  daemon.signal_daemon(SIGCONT);
  daemon.cancel_kept_jobs();
}

TEST_CASE("a timeout is kept also when the daemon stops to answer in the middle of a call") {
  const TestDaemon daemon(command_pool(1));
  const Listener listener(daemon.path("listener"));
  Program program = daemon.start("exec procpool --socket listener wait --timeout 0.1 7");
  const os::Fd call = listener.accept();
  Listener::read_call(call);
  CHECK(program.finish().status == 124);
}
