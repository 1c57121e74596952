// A real worker for commands: what it answers. How it lives and ends is in
// test_worker_life.cpp.

#include <doctest/doctest.h>

#include "tests/support/child_output.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/worker_driver.hpp"

using namespace procpool::test;
using nlohmann::json;
namespace os = procpool::os;

namespace {

/// A worker that has said that it is ready.
struct ReadyWorker : WorkerDriver {
  ReadyWorker() { hear(); }
};

json shell(const std::string& script) { return {"sh", "-c", script}; }

}  // namespace

TEST_CASE("a command that succeeds is answered by its value") {
  const ProcessAudit audit;
  ReadyWorker worker;
  CHECK(worker.run(shell("echo out; echo err >&2")).dump() ==
        R"({"batch":1,"values":[{"exit":0,"signal":null,"stderr":"err\n","stdout":"out\n"}]})");
}

TEST_CASE("a command that fails is answered by its value and the reason") {
  const ProcessAudit audit;
  ReadyWorker worker;
  const json failed = worker.run(shell("echo out; exit 3"));
  CHECK(failed["state"] == "failed");
  CHECK(failed["value"] == json{{"exit", 3}, {"signal", nullptr}, {"stdout", "out\n"}, {"stderr", ""}});
  CHECK(failed["error"] == json{{"code", "exit_status"}, {"message", "exit status 3"}});
  const json killed = worker.run(shell("kill -KILL $$"));
  CHECK(killed["state"] == "failed");
  CHECK(killed["value"]["exit"] == nullptr);
  CHECK(killed["value"]["signal"] == "KILL");
  CHECK(killed["error"] == json{{"code", "signal"}, {"message", "signal KILL"}});
}

TEST_CASE("a command that cannot be launched is answered by the step and the error") {
  const ProcessAudit audit;
  ReadyWorker worker;
  const json answer = worker.run({"no-such-program"});
  CHECK(answer["state"] == "not_launched");
  CHECK_FALSE(answer.contains("value"));
  CHECK(answer["error"] == json{{"code", "not_launched"},
                                {"message", "cannot execute 'no-such-program': No such file or directory"},
                                {"errno", "ENOENT"}});
  CHECK(worker.run({"true"}, {{"directory", "/no/such"}})["error"]["message"] ==
        "cannot change to the directory '/no/such': No such file or directory");
  CHECK(worker.run({"true"})["values"][0]["exit"] == 0);
}

TEST_CASE("a command that takes too long is answered by the limit and what it printed") {
  const ProcessAudit audit;
  ReadyWorker worker;
  const json answer = worker.run(shell("echo before; sleep 1000"), {{"timeout", 5}});
  CHECK(answer["state"] == "timed_out");
  CHECK(answer["value"]["stdout"] == "before\n");
  CHECK(answer["error"] == json{{"code", "timed_out"}, {"message", "time limit of 5 s ran out"}});
}

TEST_CASE("the tasks of a batch are run and answered in order") {
  const ProcessAudit audit;
  ReadyWorker worker;
  worker.tell_job({"sh", "-c", "echo \"$1 $PROCPOOL_TASK\"; test \"$1\" != b", "sh", "{}"});
  worker.say({{"batch", 9}, {"job", 6}, {"first", 100}, {"attempt", 1}, {"inputs", {"a", "b", "c d"}}});
  CHECK(worker.hear()["values"][0]["stdout"] == "a 100\n");
  CHECK(worker.hear()["value"]["stdout"] == "b 101\n");
  CHECK(worker.hear()["values"][0]["stdout"] == "c d 102\n");
}

TEST_CASE("placeholders know the input, the task and the slot; no input leaves them alone") {
  const ProcessAudit audit;
  ReadyWorker worker;
  worker.tell_job({"echo", "{/.}", "{#}", "{%}"});
  worker.hand_out(1, {"dir/a.b"});
  CHECK(worker.hear()["values"][0]["stdout"] == "a 1 3\n");
  worker.hand_out(2, {nullptr});
  CHECK(worker.hear()["values"][0]["stdout"] == "{/.} 1 3\n");
}

TEST_CASE("a command finds what it belongs to in its environment, and nothing of the worker's") {
  const ProcessAudit audit;
  ReadyWorker worker;
  worker.tell_job({"env"},
                  {{"environment", {"PATH=/usr/bin:/bin", "PROCPOOL_TASK=old", "PROCPOOL_OTHER=x"}}});
  worker.say({{"batch", 1}, {"job", 6}, {"first", 41}, {"attempt", 2}, {"inputs", {nullptr}}});
  CHECK(worker.hear()["values"][0]["stdout"] ==
        "PATH=/usr/bin:/bin\nPROCPOOL_OTHER=x\nPROCPOOL_JOB=6\nPROCPOOL_SLOT=3\nPROCPOOL_POOL=default\n"
        "PROCPOOL_TASK=41\nPROCPOOL_ATTEMPT=2\n");
}

TEST_CASE("the path of the job decides which program is meant") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  directory.write("greet", "#!/bin/sh\necho hello\n", true);
  ReadyWorker worker;
  CHECK(worker.run({"greet"}, {{"environment", {"PATH=" + directory.path()}}})["values"][0]["stdout"] ==
        "hello\n");
  CHECK(worker.run({"greet"})["state"] == "not_launched");
}

TEST_CASE("a program that goes away or comes back between the tasks of a job is what each task finds") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  const std::string path = directory.write("greet", "#!/bin/sh\necho $1\n", true);
  ReadyWorker worker;
  worker.tell_job({"greet", "{}"}, {{"environment", {"PATH=/no/such:" + directory.path()}}});
  worker.hand_out(1, {"a", "b"});
  const auto values = worker.hear_values(2);
  CHECK(values[0]["stdout"] == "a\n");
  CHECK(values[1]["stdout"] == "b\n");
  std::filesystem::remove(path);
  worker.hand_out(2, {"c"});
  CHECK(worker.hear()["error"]["errno"] == "ENOENT");
  directory.write("greet", "text");
  worker.hand_out(3, {"d"});
  CHECK(worker.hear()["error"]["errno"] == "EACCES");
  std::filesystem::remove(path);
  directory.write("greet", "#!/bin/sh\necho new $1\n", true);
  worker.hand_out(4, {"e"});
  CHECK(worker.hear()["values"][0]["stdout"] == "new e\n");
}

TEST_CASE("a command starts with no signal blocked or ignored") {
  const ProcessAudit audit;
  ReadyWorker worker;
  CHECK(worker.run({"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"})["values"][0]["stdout"] ==
        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("standard input is empty, or a file relative to the directory") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  const std::string path = directory.write("input", "content");
  ReadyWorker worker;
  CHECK(worker.run({"cat"})["values"][0]["stdout"] == "");
  CHECK(worker.run({"cat"}, {{"stdin", path}})["values"][0]["stdout"] == "content");
  CHECK(worker.run({"cat"}, {{"stdin", "input"}, {"directory", directory.path()}})["values"][0]["stdout"] ==
        "content");
  const json missing = worker.run({"cat"}, {{"stdin", "missing"}, {"directory", directory.path()}});
  CHECK(missing["state"] == "not_launched");
  CHECK(missing["error"]["message"] == "cannot open the input file 'missing': No such file or directory");
  CHECK_FALSE(missing["error"].contains("errno"));  // that is for a command that is not there
}

TEST_CASE("with the caller's own streams the command has them, and nothing is captured") {
  const ProcessAudit audit;
  ReadyWorker worker;
  os::Pipe in = os::make_pipe().value();
  os::Pipe out = os::make_pipe().value();
  worker.tell_job(shell("cat; echo err >&2; ls /proc/$$/fd"), {{"stdio", true}});
  worker.hand_out(1, {nullptr}, {in.read.get(), out.write.get(), out.write.get()});
  in.read.reset();
  out.write.reset();
  REQUIRE(write(in.write.get(), "typed\n", 6) == 6);
  in.write.reset();
  CHECK(read_all(out.read.get()) == "typed\nerr\n0\n1\n2\n");
  const json answer = worker.hear();
  CHECK(answer["values"][0]["stdout"] == "");
  CHECK(answer["values"][0]["stderr"] == "");
}

TEST_CASE("descriptors that did not come are a launch failure") {
  const ProcessAudit audit;
  ReadyWorker worker;
  const json answer = worker.run({"true"}, {{"stdio", true}});
  CHECK(answer["state"] == "not_launched");
  CHECK(answer["error"]["message"].get<std::string>().find("Bad file descriptor") != std::string::npos);
}

TEST_CASE("bytes that are no text travel as base64 in both directions") {
  const ProcessAudit audit;
  ReadyWorker worker;
  worker.tell_job({"printf", "%s", "{}"});
  worker.say({{"batch", 1}, {"job", 6}, {"first", 0}, {"attempt", 1}, {"inputs_base64", {"/w==", "YQ=="}}});
  const auto values = worker.hear_values(2);
  CHECK(values[0]["stdout_base64"] == "/w==");
  CHECK(values[1]["stdout"] == "a");
}

TEST_CASE("output beyond the limit is cut in the middle, and said so") {
  const ProcessAudit audit;
  ReadyWorker worker;
  const json value = worker.run(shell("printf 0123456789; printf abcd >&2"), {{"capture", 4}})["values"][0];
  CHECK(
      value ==
      json{
          {"exit", 0}, {"signal", nullptr}, {"stdout", "0189"}, {"stdout_truncated", 6}, {"stderr", "abcd"}});
}

TEST_CASE("a measured batch says what each task cost") {
  const ProcessAudit audit;
  ReadyWorker worker;
  worker.tell_job(shell("exit $1"));
  const json batch{{"batch", 1},          {"job", 6},       {"first", 0}, {"attempt", 1},
                   {"inputs", {nullptr}}, {"measure", true}};
  worker.say(batch);
  const json answer = worker.hear();
  CHECK(answer["seconds"][0] > 0.0);
  CHECK(answer["cpu_seconds"].size() == 1);
  CHECK(answer["max_rss_kib"][0] > 100);
}
