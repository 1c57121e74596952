// The worker protocol: round trips, refusals, and every example of its page.

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "common/protocol/spool.hpp"
#include "common/protocol/worker_message.hpp"

namespace procpool::worker_message {
namespace {

/// A message that must be understood, and of this kind.
template <class Message>
Message from_worker(const std::string& line) {
  CAPTURE(line);
  auto message = decode_from_worker(line);
  REQUIRE_MESSAGE(message, message.error().message());
  REQUIRE(std::holds_alternative<Message>(*message));
  return std::get<Message>(*std::move(message));
}

template <class Message>
Message from_daemon(const std::string& line) {
  CAPTURE(line);
  CHECK(line.find('\n') == std::string::npos);
  auto message = decode_from_daemon(line);
  REQUIRE_MESSAGE(message, message.error().message());
  REQUIRE(std::holds_alternative<Message>(*message));
  return std::get<Message>(*std::move(message));
}

std::string worker_problem(std::string_view line) {
  const auto message = decode_from_worker(line);
  return message ? "" : message.error().message();
}

std::string daemon_problem(std::string_view line) {
  const auto message = decode_from_daemon(line);
  return message ? "" : message.error().message();
}

/// The JSON examples of the page: indented lines that begin with a brace; one may go on
/// in the next, indented deeper.
std::vector<std::string> examples() {
  std::vector<std::string> found;
  std::ifstream page(std::string(PROCPOOL_SOURCE_DIR) + "/common/protocol/worker.md");
  bool is_open = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("    {")) {
      found.push_back(line);
      is_open = true;
    } else if (is_open && line.starts_with("     ")) {
      found.back() += line;
    } else {
      is_open = false;
    }
  }
  return found;
}

}  // namespace

TEST_CASE("every example of the page is a message") {
  const auto lines = examples();
  CHECK(lines.size() >= 9);
  for (const std::string& line : lines) {
    CAPTURE(line);
    // What a worker that takes no batches is sent is only read by programs of others.
    if (line.find("\"index\"") != std::string::npos) continue;
    CHECK((decode_from_worker(line) || decode_from_daemon(line) || spool::decode(line)));
  }
}

TEST_CASE("a job of commands comes through whole") {
  JobSpec job;
  job.work = Command{{"gzip", "\xFF", "{}"}, "/tmp/in", true};
  job.directory = "/srv\n";
  job.environment = {"A=\xFE"};
  job.timeout = Seconds(10.5);
  job.kill_after = Seconds(0.5);
  job.limits = {64 << 20, 10, 1000, 64, 100, -5, {0, 1, 6}, 027};
  const auto back = from_daemon<Job>(encode(JobOrder{JobId{6}, job, 4096, true}));
  CHECK(back.id == JobId{6});
  CHECK(back.command.argv == std::get<Command>(job.work).argv);
  CHECK(back.command.stdin_path == "/tmp/in");
  CHECK(back.command.uses_caller_stdio);
  CHECK(back.directory == job.directory);
  CHECK(back.environment == job.environment);
  CHECK(back.timeout == job.timeout);
  CHECK(back.kill_after == job.kill_after);
  CHECK(back.capture == 4096);
  CHECK(back.limits == job.limits);
  CHECK(back.pass_outputs);
}

TEST_CASE("an answer says how much of the output went to the submitter") {
  CHECK(from_worker<Succeeded>(encode_succeeded(7, {"1"}, {}, 300000)).passed == 300000);
  CHECK(from_worker<Succeeded>(encode_succeeded(7, {"1"}, {})).passed == 0);
  const Ended ended{7, TaskState::failed, {"exit_status", "exit status 3", "", ""}, "{}", {}, 300000};
  CHECK(from_worker<Ended>(encode(ended)).passed == 300000);
  CHECK_FALSE(decode_from_worker(R"({"batch":7,"values":[1],"passed":-1})"));
}

TEST_CASE("a batch comes through whole") {
  const Batch batch{18, JobId{5}, 100, 2, "square", R"([1,{"a":[2]},"x"])", false, true, R"({"k":1})", true};
  const auto back = from_daemon<ReceivedBatch>(encode(batch).flat());
  CHECK(back.number == 18);
  CHECK(back.job == JobId{5});
  CHECK(back.first == 100);
  CHECK(back.attempt == 2);
  CHECK(back.function == "square");
  CHECK(back.inputs == std::vector<std::string>{"1", R"({"a":[2]})", R"("x")"});
  CHECK_FALSE(back.base64);
  CHECK(back.star);
  CHECK(back.kwargs == R"({"k":1})");
  CHECK(back.measure);
  const auto encoded = from_daemon<ReceivedBatch>(
      encode(Batch{1, JobId{1}, 0, 1, "", R"(["YQ=="])", true, false, "", false}).flat());
  CHECK(encoded.base64);
  CHECK(encoded.inputs == std::vector<std::string>{R"("YQ==")"});
}

TEST_CASE("a batch may name a file for what becomes of it, by an absolute path of any bytes") {
  for (const std::string path : {"/var/lib/procpool/6", "/tmp/\xFF\n"}) {
    Batch batch;
    batch.inputs = "[null]";
    batch.spool = path;
    CHECK(from_daemon<ReceivedBatch>(encode(batch).flat()).spool == path);
  }
  CHECK(daemon_problem(R"({"batch":1,"job":1,"first":0,"inputs":[null],"spool":"here"})") ==
        "'spool' is no absolute path");
}

TEST_CASE("a single task is written as the page says") {
  const std::string line =
      R"({"task":17,"job":4,"index":2,"attempt":1,"function":"greet","args":["you"],"kwargs":{}})";
  CHECK(encode(Task{17, JobId{4}, 2, 1, "greet", R"(["you"])", true, ""}).flat() == line);
  CHECK(encode(Task{17, JobId{4}, 2, 1, "greet", R"("you")", false, ""}).flat() == line);
}

TEST_CASE("cancel and signal come through") {
  const auto cancel = from_daemon<Cancel>(encode(Cancel{19, "TERM", Seconds(2.5), "the client went away"}));
  CHECK(cancel.number == 19);
  CHECK(cancel.signal == "TERM");
  CHECK(cancel.kill_after == Seconds(2.5));
  CHECK(cancel.reason == "the client went away");
  const auto signal = from_daemon<Signal>(encode(Signal{19, "INT"}));
  CHECK(signal.number == 19);
  CHECK(signal.name == "INT");
}

TEST_CASE("what a worker says of itself comes through") {
  const auto ready = from_worker<Ready>(encode(Ready{{"square", "\xC3\xA9"}, true, true, true, true}));
  CHECK(ready.functions == std::vector<std::string>{"square", "\xC3\xA9"});
  CHECK(ready.batches);
  CHECK(ready.commands);
  CHECK(ready.outbox);
  CHECK(ready.gives_back);
  CHECK(from_worker<Ready>(R"({"ready":{}})").functions.empty());
  CHECK_FALSE(from_worker<Ready>(R"({"ready":{}})").gives_back);
  const auto failed =
      from_worker<StartFailed>(encode(StartFailed{{"ImportError", "no module x", "Traceback", ""}}));
  CHECK(failed.error.code == "ImportError");
  CHECK(failed.error.message == "no module x");
  CHECK(failed.error.traceback == "Traceback");
}

TEST_CASE("values come through with what they cost") {
  const std::vector<Measures> measures{{0.5, 0.25, 1024}, {1.5, 1.25, 2048}};
  const std::string line = encode_succeeded(18, {"1", R"({"a":null})"}, measures);
  const auto answer = from_worker<Succeeded>(line);
  CHECK(answer.number == 18);
  REQUIRE(answer.count == 2);
  CHECK(answer.joined_values() == R"(1,{"a":null})");
  REQUIRE(answer.measures.size() == 2);
  CHECK(answer.measures[1].cpu_seconds == 1.25);
  CHECK(answer.measures[1].max_rss_kib == 2048);
  const std::string bare = encode_succeeded(18, {"null"}, {});
  CHECK(from_worker<Succeeded>(bare).measures.empty());
  const std::string none = encode_succeeded(18, {}, {});
  CHECK(from_worker<Succeeded>(none).count == 0);
  CHECK(from_worker<Succeeded>(none).joined_values().empty());
}

TEST_CASE("values are joined by commas alone, the last ones where the first are known") {
  const std::string line = "{\"batch\":18,\"values\":[1\t,\"a b\"\t, [2, 3]\t]}";
  auto answer = from_worker<Succeeded>(line);
  REQUIRE(answer.count == 3);
  CHECK(answer.joined_values() == R"(1,"a b",[2, 3])");
  answer.count = 2;
  CHECK(answer.joined_values() == R"("a b",[2, 3])");
  answer.count = 1;
  CHECK(answer.joined_values() == "[2, 3]");
}

TEST_CASE("another end comes through with its reason") {
  const Ended ended{19,
                    TaskState::not_launched,
                    {"not_launched", "no such file", "", "ENOENT"},
                    R"({"exit":3})",
                    {0.5, {}, 7}};
  const std::string line = encode(ended);
  const auto back = from_worker<Ended>(line);
  CHECK(back.number == 19);
  CHECK(back.state == TaskState::not_launched);
  CHECK(back.error.errno_name == "ENOENT");
  CHECK(back.value == R"({"exit":3})");
  CHECK(back.measures.seconds == 0.5);
  CHECK_FALSE(back.measures.cpu_seconds);
  CHECK(back.measures.max_rss_kib == 7);
  CHECK(from_worker<Dropped>(encode(Dropped{19, 4})).count == 4);
}

TEST_CASE("the answer to a single task has a value, and null is one") {
  const auto value_of = [](const std::string& line) {
    return std::string(from_worker<Succeeded>(line).joined_values());
  };
  CHECK(value_of(R"({"task":17,"value":"hello"})") == R"("hello")");
  CHECK(value_of(R"({"task":17,"value":null})") == "null");
  CHECK(value_of(R"({"task":17,"value":1,"error":null})") == "1");
  CHECK(worker_problem(R"({"task":17})") == "'value' is missing, and so is 'error'");
  CHECK(worker_problem(R"({"task":17,"error":null})") == "'value' is missing, and so is 'error'");
}

TEST_CASE("what a single task cost is a number or an array of one") {
  const std::string line = R"({"task":1,"value":1,"seconds":2,"cpu_seconds":[1.5],"max_rss_kib":10})";
  const auto answer = from_worker<Succeeded>(line);
  REQUIRE(answer.measures.size() == 1);
  CHECK(answer.measures[0].seconds == 2.0);
  CHECK(answer.measures[0].cpu_seconds == 1.5);
  CHECK(answer.measures[0].max_rss_kib == 10);
  const std::string only_memory = R"({"task":1,"value":1,"max_rss_kib":10})";
  CHECK(from_worker<Succeeded>(only_memory).measures.size() == 1);
}

TEST_CASE("an error beside a null value has no value") {
  const std::string line = R"({"task":17,"value":null,"error":{"code":"E","message":"m"}})";
  CHECK(from_worker<Ended>(line).value.empty());
  const std::string with_value = R"({"task":17,"value":3,"error":{"code":"E","message":"m"}})";
  CHECK(from_worker<Ended>(with_value).value == "3");
}

TEST_CASE("what is no message of a worker is refused with the reason") {
  CHECK(worker_problem("hello").find("not valid JSON") != std::string::npos);
  CHECK(worker_problem("") != "");
  CHECK(worker_problem("[]") == "not a message of a worker");
  CHECK(worker_problem("{}") == "not a message of a worker");
  CHECK(worker_problem(R"({"batch":-1,"values":[]})") != "");
  CHECK(worker_problem(R"({"batch":"1","values":[]})") != "");
  CHECK(worker_problem(R"({"batch":1})") == "'values' is missing, and so is 'error'");
  CHECK(worker_problem(R"({"batch":1,"value":1})") == "'values' is missing, and so is 'error'");
  CHECK(worker_problem(R"({"batch":1,"values":1})") == "'values' must be an array");
  CHECK(worker_problem(R"({"batch":1,"values":[],"surplus":1})") == "'surplus' is not known here");
  CHECK(worker_problem(R"({"batch":1,"task":1,"values":[]})") == "'task' is not known here");
  CHECK(worker_problem(R"({"batch":1,"values":[1],"state":"failed"})") ==
        "'state' belongs to a task that did not succeed");
  CHECK(worker_problem(R"({"task":1,"value":1,"state":"lost"})") ==
        "'state' belongs to a task that did not succeed");
  CHECK(worker_problem(R"({"task":1,"value":1,"value":2})") == "'value' stands twice");
  CHECK(worker_problem(R"({"batch":1,"error":{"code":"E"}})") == "'error.message' is missing");
  CHECK(worker_problem(R"({"batch":1,"error":"E"})") == "'error' must be an object");
  CHECK(worker_problem(R"({"batch":1,"error":{"code":"E","message":"m"},"state":"succeeded"})") ==
        "'state' is not how a task can end");
  CHECK(worker_problem(R"({"batch":1,"error":{"code":"E","message":"m"},"state":"running"})") ==
        "'state' is not how a task can end");
  CHECK(worker_problem(R"({"batch":1,"dropped":0})") ==
        "'dropped' must be between 1 and 9223372036854775807");
  CHECK(worker_problem(R"({"ready":{"functions":"f"}})") != "");
  CHECK(worker_problem(R"({"ready":{"surplus":1}})") == "'ready.surplus' is not known here");
  CHECK(worker_problem(R"({"failed":{"code":"E"}})") == "'failed.message' is missing");
}

TEST_CASE("numbers of a worker must fit its values") {
  for (const char* seconds : {"[1]", "[1,2,3]", "1", "[1,null]", "[1,\"2\"]", "[1,-1]", "[1,1e999]", "{}"}) {
    CAPTURE(seconds);
    CHECK(worker_problem(R"({"batch":1,"values":[1,2],"seconds":)" + std::string(seconds) + "}") ==
          "'seconds' must be one number for each task, none below 0");
  }
}

TEST_CASE("what is no message of the daemon is refused with the reason") {
  CHECK(daemon_problem("{}") == "not a message of the daemon");
  CHECK(daemon_problem("x").find("not valid JSON") != std::string::npos);
  CHECK(daemon_problem(R"({"job":{"id":1,"argv":[],"capture":1}})") == "'job.argv' is missing");
  CHECK(daemon_problem(R"({"job":{"id":1,"argv":["x"],"capture":1,"surplus":1}})") ==
        "'job.surplus' is not known here");
  CHECK(daemon_problem(R"({"batch":1,"job":1,"first":0})") == "'inputs' is missing");
  CHECK(daemon_problem(R"({"batch":1,"job":1,"first":0,"inputs":[],"inputs_base64":[]})") ==
        "'inputs_base64' is not known here");
  CHECK(daemon_problem(R"({"cancel":1})") == "'signal' is missing");
  CHECK(daemon_problem(R"({"signal":1})") == "'name' is missing");
}

}  // namespace procpool::worker_message
