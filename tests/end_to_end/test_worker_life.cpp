// Workers that are replaced, that cannot start, and that die.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("test_pool_worker_lifetime: with at most 10 tasks each worker is replaced, and the size stays 3") {
  const TestDaemon daemon(python_pool(3, "max_tasks_per_child = 10"));
  const auto before = daemon.workers("py");
  const Finished mapped = daemon.sh("seq 0 99 | procpool imap --chunksize 1 square");
  CHECK(mapped.status == 0);
  const auto values = lines_of(mapped.out);
  REQUIRE(values.size() == 100);
  for (int x = 0; x < 100; ++x) CHECK(values[static_cast<std::size_t>(x)] == std::to_string(x * x));
  CHECK(daemon.pool("py")["started"].get<int>() >= 10);
  // One that stood still while the others did it all has some left.
  CHECK(wait_until([&] {
    daemon.say("seq 30 | procpool imap --chunksize 1 square");
    const auto after = daemon.workers("py");
    return std::none_of(before.begin(), before.end(),
                        [&](int worker) { return std::count(after.begin(), after.end(), worker) > 0; });
  }));
  CHECK(daemon.workers("py").size() == 3);
  CHECK(daemon.pool("py")["size"] == 3);
  CHECK(daemon.pool("py")["lost"] == 0);

  // Nobody does more than its ten, with chunks that do not fit either.
  const auto pids = lines_of(daemon.say("seq 100 | procpool imap --chunksize 7 pid"));
  const std::multiset<std::string> tasks(pids.begin(), pids.end());
  for (const std::string& worker : pids) CHECK(tasks.count(worker) <= 10);
}

TEST_CASE("test_max_tasks_per_child: the same worker for three tasks, another one for the fourth") {
  const TestDaemon daemon(python_pool(1, "max_tasks_per_child = 3"));
  std::vector<std::string> pids;
  for (int i = 0; i < 7; ++i) pids.push_back(daemon.say("procpool apply pid"));
  CHECK((pids[0] == pids[1] && pids[1] == pids[2]));
  CHECK((pids[3] == pids[4] && pids[4] == pids[5]));
  CHECK(std::set<std::string>(pids.begin(), pids.end()).size() == 3);
}

TEST_CASE(
    "test_pool_worker_lifetime_early_close, gh115634: one task each, a backlog, close and join finish all") {
  const TestDaemon daemon(python_pool(3, "max_tasks_per_child = 1"));
  const std::string id = daemon.say("seq 20 | procpool map --async --chunksize 5 square");
  const std::string ids = daemon.say("for i in $(seq 6); do procpool apply --async square $i; done");
  CHECK(daemon.say("procpool pool close py; procpool pool join py") == "");
  CHECK(daemon.say("procpool get " + id + " | jq add") == "2870");
  CHECK(daemon.say("for id in $(echo '" + ids + "'); do procpool get $id; done | paste -sd' '") ==
        "1 4 9 16 25 36");
}

TEST_CASE("test_pool_maxtasksperchild_invalid: 0, negative, a fraction and text are refused") {
  const TestDaemon daemon;
  for (const std::string count : {"0", "-1", "0.5", "12.5", "x", "''"}) {
    CAPTURE(count);
    const Finished refused = daemon.sh("procpool pool create p --workers 1 --max-tasks-per-child " + count);
    CHECK(refused.status == 2);
    CHECK(refused.err.find("--max-tasks-per-child") != std::string::npos);
  }
  CHECK(daemon.json("pool list").size() == 1);
}

TEST_CASE("test_pool_initializer: an initializer runs once in each worker, also in those that come later") {
  const TestDaemon daemon(python_pool(3, "initializer = \"prepare\"\ninitargs = [\"prepared\"]"));
  const auto prepared = [&] {
    const auto lines = lines_of(daemon.file("prepared"));
    return std::set<std::string>(lines.begin(), lines.end()).size() == lines.size() ? lines.size() : 0;
  };
  CHECK(prepared() == 3);
  CHECK(daemon.say("seq 30 | procpool map --chunksize 1 square | jq length") == "30");
  CHECK(prepared() == 3);
  daemon.say("procpool pool resize py 4");
  CHECK(daemon.workers("py").size() == 4);
  CHECK(prepared() == 4);
  // A worker that is replaced prepares itself as well.
  CHECK(daemon.sh("procpool apply exit_at 0").status == 1);
  CHECK(daemon.workers("py").size() == 4);
  CHECK(prepared() == 5);
}

TEST_CASE("the initializer of commands is a line for the shell") {
  const TestDaemon daemon(command_pool(2, "initializer = \"echo prepared >>prepared\""));
  CHECK(daemon.file("prepared") == "prepared\nprepared\n");
  CHECK(daemon.sh("procpool apply -- true").status == 0);
}

TEST_CASE("an initializer that is no function is told, and makes no pool of it") {
  const TestDaemon daemon("[daemon]\nstart_attempts = 2\nstart_delay = \"1ms\"\n" + command_pool(1));
  const Finished broken =
      daemon.sh("procpool pool create py --workers 1 --initializer nobody --python " PROCPOOL_SOURCE_DIR
                "/tests/data/tasks.py");
  CHECK(broken.status == 125);
  CHECK(broken.err.find("nobody") != std::string::npos);
}

TEST_CASE(
    "FailingInitializerTest: the pool is broken and says why; its jobs fail with that reason, promptly") {
  const TestDaemon daemon("[daemon]\nstart_attempts = 3\nstart_delay = \"1ms\"\nstop_timeout = 0\n" +
                          python_pool(2, "initializer = \"refuse\"") + command_pool(1));
  const auto pool = daemon.pool("py");
  CHECK(pool["state"] == "broken");
  CHECK(pool["reason"].get<std::string>().find("there is no license") != std::string::npos);
  CHECK(daemon.log().find("there is no license") != std::string::npos);
  for (const std::string work : {"apply --pool py square 1", "map --pool py square ::: 1 2",
                                 "imap --pool py square ::: 1", "apply --async --pool py square 1"}) {
    CAPTURE(work);
    const Finished refused = daemon.sh("procpool " + work);
    CHECK(refused.status == 125);
    CHECK(refused.out == "");
    CHECK(refused.err.find("there is no license") != std::string::npos);
  }
  CHECK(daemon.sh("procpool apply -- true").status == 0);  // nobody else's problem
}

TEST_CASE("test_failed_worker_replacement_breaks_pool: what is queued fails promptly and says so") {
  const TestDaemon daemon("[daemon]\nstart_attempts = 2\nstart_delay = \"1ms\"\nstop_timeout = 0\n" +
                          command_pool(1));
  daemon.say("echo 'import os\ndef leave(): os._exit(1)\nassert not os.path.exists(\"gone\")' >leaving.py");
  daemon.say("procpool pool create p --workers 1 --python leaving.py; touch gone");
  const std::string first = daemon.say("procpool pool pause p; procpool apply --async leave");
  const std::string second = daemon.say("procpool apply --async leave; procpool pool resume p");
  CHECK(daemon.sh("procpool get " + first).status == 1);
  const Finished failed = daemon.sh("procpool get " + second);
  CHECK(failed.status != 0);
  CHECK(failed.err.find("AssertionError") != std::string::npos);
  CHECK(daemon.pool("p")["state"] == "broken");
}

TEST_CASE("a worker that dies costs its one task, and says how: an exit status, a signal") {
  const TestDaemon daemon(python_pool(2));
  const auto lost = [&](const std::string& line, const std::string& how) {
    CAPTURE(line);
    const Finished applied = daemon.sh("procpool apply --records " + line);
    CHECK(applied.status == 1);
    const auto record = nlohmann::json::parse(applied.out);
    CHECK(record["state"] == "lost");
    CHECK(record["error"]["code"] == "lost");
    CHECK(record["error"]["message"].get<std::string>().find(how) != std::string::npos);
    CHECK(daemon.workers("py").size() == 2);
  };
  // test_traceback_when_child_process_terminates_abruptly
  lost("exit_at 0", "exit status 99");
  lost("exit_at 0 --kwargs '{\"status\": 0}'", "exit status 0");
  lost("kill_at 0", "signal KILL");
  CHECK(daemon.pool("py")["lost"] == 3);
  CHECK(daemon.sh("procpool apply square 3") == Finished{0, "9\n", ""});
}

TEST_CASE("of a map in chunks of 10, a dead worker costs exactly the task that it had") {
  const TestDaemon daemon(python_pool(3));
  for (const std::string function : {"exit_at", "kill_at"}) {
    CAPTURE(function);
    const Finished mapped =
        daemon.sh("seq 0 99 | procpool map --chunksize 10 --kwargs '{\"bad\": 42}' " + function);
    CHECK(mapped.status == 1);
    const auto values = nlohmann::json::parse(mapped.out);
    REQUIRE(values.size() == 100);
    for (int x = 0; x < 100; ++x)
      CHECK(values[static_cast<std::size_t>(x)] == (x == 42 ? nlohmann::json() : nlohmann::json(x)));
    CHECK(lines_of(mapped.err).size() == 1);
    CHECK(mapped.err.starts_with("procpool: task 42 failed: "));
  }
  CHECK(daemon.workers("py").size() == 3);
}

TEST_CASE(
    "test_killed_child: a worker that is killed from outside costs its task; an idle one costs nothing") {
  const TestDaemon daemon(python_pool(1));
  const int idle = daemon.workers("py").at(0);
  daemon.say("kill -KILL " + std::to_string(idle));
  CHECK(wait_until([&] { return daemon.workers("py").at(0) != idle; }));
  CHECK(daemon.sh("procpool apply square 3") == Finished{0, "9\n", ""});
  const int worker = daemon.workers("py").at(0);
  Program busy = daemon.start("exec procpool apply ignore_term_and_nap begun 1000");
  REQUIRE(wait_until([&] { return !daemon.file("begun").empty(); }));
  daemon.say("kill -SEGV " + std::to_string(worker));
  const Finished lost = busy.finish();
  CHECK(lost.status == 1);
  CHECK(lost.err.find("signal SEGV") != std::string::npos);
  CHECK(daemon.sh("procpool apply square 3") == Finished{0, "9\n", ""});
}

TEST_CASE("a worker of commands that is killed takes the tree of its command with it") {
  const TestDaemon daemon(command_pool(1));
  Program busy = daemon.start("exec procpool apply -- sh -c 'echo $$ >pid; sleep 1000 & wait'");
  REQUIRE(wait_until([&] { return !daemon.file("pid").empty(); }));
  const int command = std::stoi(daemon.file("pid"));
  daemon.say("kill -KILL " + std::to_string(daemon.workers("default").at(0)));
  CHECK(busy.finish().status == 1);
  CHECK(wait_until([&] { return !is_alive(command); }));
  CHECK(daemon.sh("procpool apply -- true").status == 0);
}

TEST_CASE("test_map_timeout: a task that takes too long is ended, and the others have their values") {
  const TestDaemon daemon(python_pool(2));
  const Finished mapped = daemon.sh("procpool map --chunksize 3 --timeout 3 nap ::: 0 1000 0.01 0.02");
  CHECK(mapped.status == 124);
  CHECK(mapped.out == "[0,null,0.01,0.02]\n");
  CHECK(lines_of(mapped.err).size() == 1);
  CHECK(mapped.err.starts_with("procpool: task 1 failed: "));
  CHECK(daemon.workers("py").size() == 2);
}

TEST_CASE("work that comes while a worker dies is done or lost, and never waited for") {
  const TestDaemon daemon(python_pool(1));
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    daemon.say("kill -KILL " + std::to_string(daemon.workers("py").at(0)));
    const Finished applied = daemon.sh("procpool apply square 3");
    if (applied.status == 0) {
      CHECK(applied.out == "9\n");
    } else {
      CHECK(applied.status == 1);
      CHECK(applied.err.find("signal KILL") != std::string::npos);
    }
  }
}

TEST_CASE("gh94777: a worker that dies while large data is on its way costs its task, and no more") {
  const TestDaemon daemon(python_pool(1));
  daemon.say("head -c 5000000 /dev/zero | tr '\\0' x >large");
  const Finished lost = daemon.sh("cat large large | procpool imap leave");
  CHECK(lost.status == 1);
  CHECK(lost.err.find("exit status 99") != std::string::npos);
  CHECK(daemon.sh("procpool imap text_of ::: 5000000 1 5000000 | awk '{ print length }'") ==
        Finished{0, "5000002\n3\n5000002\n", ""});
}
