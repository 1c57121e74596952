// Limits of a pool and of a job, from the command line to the process.

#include <doctest/doctest.h>

#include <string>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Shows what a command has of its limits.
const std::string shown = " -- sh -c 'ulimit -n; umask; nice'";

}  // namespace

TEST_CASE("a command that uses more memory than its job may fails, and only it") {
  const TestDaemon daemon(command_pool(1));
  const auto done = daemon.sh(
      "procpool map --raw --memory 64MiB -- python3 -c 'import sys; print(len(bytearray(int(sys.argv[1]) << "
      "20)))' "
      "::: 1 500 2");
  CHECK(done.status == 1);
  CHECK(done.out == "1048576\n2097152\n");
  CHECK(has(done.err, "MemoryError"));
}

TEST_CASE("a command whose CPU time runs out says so") {
  const TestDaemon daemon(command_pool(1));
  const auto done = daemon.sh("procpool apply --cpu-seconds 1 -- sh -c 'while :; do :; done'");
  CHECK(has(done.err, "signal XCPU: its CPU time limit of 1 s ran out"));
  CHECK(daemon.sh("procpool run --cpu-seconds 1 -- sh -c 'while :; do :; done'").status == 128 + 24);
}

TEST_CASE(
    "a command that ignores the signal of its CPU time limit is killed, and that is told as far as known") {
  const TestDaemon daemon(command_pool(1));
  const auto done =
      daemon.sh("procpool apply --cpu-seconds 1 -- sh -c 'trap \"\" XCPU; while :; do :; done'");
  CHECK(has(done.err, "signal KILL: probably its CPU time limit of 1 s ran out"));
}

TEST_CASE("a signal of a limit that nobody has set is not blamed on one") {
  const TestDaemon daemon(command_pool(1));
  const auto done = daemon.sh("procpool apply -- sh -c 'kill -XCPU $$'");
  CHECK(has(done.err, "task 0 failed: signal XCPU\n"));
}

TEST_CASE("a command that writes too large a file says so, and the file is no larger") {
  const TestDaemon daemon(command_pool(1));
  const auto done = daemon.sh("procpool apply --file-size 1KiB -- dd if=/dev/zero of=large bs=2000 count=1");
  CHECK(has(done.err, "signal XFSZ: it wrote more than its file size limit of 1024 bytes"));
  CHECK(daemon.file("large").size() == 1024);
}

TEST_CASE("a command cannot open more files than its job may") {
  const TestDaemon daemon(command_pool(1));
  const auto done = daemon.sh(
      "procpool apply --raw --open-files 20 -- python3 -c 'x = [open(\"/dev/null\") for _ in range(30)]'");
  CHECK(done.status == 1);
  CHECK(has(done.err, "Too many open files"));
}

TEST_CASE("the limits of a job do not reach the next job on the same worker") {
  const TestDaemon daemon(command_pool(1));
  const auto worker = daemon.workers("default");
  const std::string before = daemon.say("procpool apply --raw" + shown);
  CHECK(daemon.say("procpool apply --raw --open-files 50 --umask 027 --nice 19" + shown) == "50\n0027\n19");
  CHECK(daemon.say("procpool apply --raw" + shown) == before);
  CHECK(daemon.workers("default") == worker);
}

TEST_CASE("a job has the limits of its pool, may have less, and is refused more") {
  const TestDaemon daemon(command_pool(1, "open_files = 100\numask = \"027\"\nnice = 18\n"));
  CHECK(daemon.say("procpool apply --raw" + shown) == "100\n0027\n18");
  CHECK(daemon.say("procpool apply --raw --open-files 50 --umask 077 --nice 19" + shown) == "50\n0077\n19");
  const auto files = daemon.sh("procpool apply --raw --open-files 101" + shown);
  CHECK(files.status != 0);
  CHECK(has(files.err, "the job asks for open_files 101, but pool 'default' allows at most 100"));
  CHECK(has(daemon.sh("procpool apply --nice 17 -- true").err, "allows nothing below 18"));
}

TEST_CASE("the limits of a pool for commands are those of each command, not of its worker's whole life") {
  const TestDaemon daemon(command_pool(1, "cpu_seconds = 1\nopen_files = 5\nmemory = \"8MiB\"\n"));
  const auto worker = daemon.workers("default");
  CHECK(daemon.say("seq 300 | procpool map --raw -- echo {} | wc -l") == "300");
  CHECK(daemon.say("procpool apply --raw -- head -c 4000000 /dev/zero | wc -c") == "4000000");
  CHECK(daemon.workers("default") == worker);
}

TEST_CASE("the initializer of a pool for commands has its limits, too") {
  const TestDaemon daemon(
      command_pool(1, "umask = \"027\"\ninitializer = \"umask > told\"\ndirectory = \".\"\n"));
  CHECK(daemon.workers("default").size() == 1);
  CHECK(daemon.file("told") == "0027\n");
}

TEST_CASE("a Python pool with a memory limit: MemoryError costs that task only") {
  const TestDaemon daemon(python_pool(1, "memory = \"256MiB\"\n"));
  const auto worker = daemon.workers("py");
  const auto done =
      daemon.sh("procpool map --records --chunksize 1 allocate ::: 1 1000 2 | jq -c '[.state,.error.code]'");
  CHECK(done.out == "[\"succeeded\",null]\n[\"failed\",\"MemoryError\"]\n[\"succeeded\",null]\n");
  CHECK(daemon.workers("py") == worker);
  CHECK(daemon.pool("py")["lost"] == 0);
}

TEST_CASE("a function whose worker runs out of CPU time is lost, says so, and the pool goes on") {
  const TestDaemon daemon(python_pool(1, "cpu_seconds = 1\n"));
  const auto done = daemon.sh("procpool apply --records burn");
  CHECK(done.status == 1);
  CHECK(has(done.out, "\"state\":\"lost\""));
  CHECK(has(done.out, "its CPU time limit of 1 s ran out"));
  CHECK(daemon.say("procpool apply square 3") == "9");
}

TEST_CASE("pool create takes limits, and a function is told that they are its pool's") {
  const TestDaemon daemon(command_pool(1));
  daemon.say("procpool pool create small --workers 1 --open-files 30 --umask 077");
  CHECK(daemon.say("procpool apply --raw --pool small -- sh -c 'ulimit -n; umask'") == "30\n0077");
  const auto refused = daemon.sh("procpool apply --memory 64MiB square 3");
  CHECK(refused.status == 2);
  CHECK(has(refused.err, "--memory is for commands; a function has the limits of its pool"));
}

TEST_CASE("the limits of a pool and those of a job are shown, to people and to programs") {
  const TestDaemon daemon(command_pool(1, "memory = \"1GiB\"\nopen_files = 100\numask = \"027\"\n"));
  const auto limits = daemon.pool("default")["limits"];
  CHECK(limits.dump() == R"({"memory":1073741824,"open_files":100,"umask":"027"})");
  CHECK(has(daemon.say("procpool pool show default"),
            "limits:             memory 1GiB, open files 100, umask 027\n"));
  const std::string plain = daemon.say("procpool apply --async -- true");
  const std::string bound = daemon.say("procpool apply --async --file-size 1500 --nice 19 -- true");
  CHECK_FALSE(daemon.job(plain).contains("limits"));
  CHECK(daemon.job(bound)["limits"].dump() == R"({"file_size":1500,"nice":19})");
  CHECK(has(daemon.say("procpool show " + bound), "limits:             file size 1500B, nice 19\n"));
  CHECK_FALSE(has(daemon.say("procpool show " + plain), "limits:"));
}

TEST_CASE("limits that cannot be set keep a command from starting, and say why") {
  const TestDaemon daemon(command_pool(1));
  const auto done = daemon.sh("procpool apply --cpus 8191 -- true");
  CHECK(done.status == 125);
  CHECK(has(done.err, "cannot set the limits: cpus: none of these CPUs may be used"));
}
