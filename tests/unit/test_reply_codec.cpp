// Replies: what the daemon writes is what the interface file says and what the client
// reads.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "common/protocol/interface.hpp"
#include "common/protocol/reply_codec.hpp"
#include "tests/support/varlink_idl.hpp"

namespace procpool::protocol {
namespace {

const test::IdlInterface& ours() {
  static const test::IdlInterface interface = test::read_idl(interface_description());
  return interface;
}

/// Empty if `text` is a value of the named type.
std::string mismatch(const std::string& type, const std::string& text) {
  const auto checked = json::check(text);
  return checked ? test::mismatch(ours(), ours().types.at(type), *checked) : checked.error().message();
}

std::string result_mismatch(const std::string& method, const std::string& text) {
  const auto checked = json::check(text);
  return checked ? test::mismatch(ours(), ours().methods.at(method).result, *checked)
                 : checked.error().message();
}

const WallTime some_time = WallTime(std::chrono::seconds(1'800'000'000));

reply::Job full_job() {
  reply::Job job;
  job.id = JobId{7};
  job.verb = Verb::starmap;
  job.state = TaskState::cancelled;
  job.name = "a name";
  job.pool = "py";
  job.function = "square";
  job.argv = {"not", "both", "\xFF"};
  job.format = Format::raw;
  job.attached = false;
  job.uid = 1000;
  job.priority = -3;
  job.limits.umask = 027;
  job.tasks = {1, 2, 3, 4, 5, 6, 7, 8};
  job.inputs_complete = true;
  job.queued_at = some_time;
  job.started_at = some_time;
  job.ended_at = some_time;
  job.reason = "no more";
  job.retries = 3;
  job.halt = HaltRule{HaltRule::When::soon, HaltRule::What::fail, HaltRule::Percentage{10}};
  job.after = {{JobId{5}, EndCondition::failure}};
  job.not_before = some_time;
  job.unique = "nightly";
  job.waits_for = "job 5";
  job.callback_failures = {{"each", 3, "exit status 1"}, {"error", std::nullopt, "not found"}};
  return job;
}

Record full_record() {
  Record record;
  record.job = JobId{7};
  record.index = 3;
  record.state = TaskState::failed;
  record.input = R"({"a":[1]})";
  record.value = "null";
  record.error = TaskError{"ValueError", "bad number 3", "Traceback\n  line", "ENOENT"};
  record.attempt = 2;
  record.worker = 4242;
  record.queued_at = some_time;
  record.started_at = some_time;
  record.measures = {0.5, 0.25, 1024};
  return record;
}

Reply decoded(const std::string& text) {
  auto reply = decode_reply(text);
  REQUIRE_MESSAGE(reply, reply.error().message());
  return *reply;
}

}  // namespace

TEST_CASE("that there is no such interface is said in a sentence") {
  const auto checked = json::check(R"({"error":"org.varlink.service.InterfaceNotFound",)"
                                   R"("parameters":{"interface":"nope"}})");
  const auto reply = decode_reply(checked);
  REQUIRE(reply);
  CHECK(to_error(*reply).message() == "the daemon has no interface 'nope'");
}

TEST_CASE("a reply holds parameters, and says continues only when it does") {
  CHECK(encode_reply("{}") == R"({"parameters":{}})");
  CHECK(encode_reply(R"({"a":1})", true) == R"({"parameters":{"a":1},"continues":true})");
  CHECK(encode_error("com.example.Wrong", R"({"a":1})") ==
        R"({"error":"com.example.Wrong","parameters":{"a":1}})");
}

TEST_CASE("every error code has its error in the interface file") {
  const auto service = test::read_idl(service_interface_description());
  for (int i = 0; i <= static_cast<int>(ErrorCode::system); ++i) {
    const Error error(static_cast<ErrorCode>(i), "what happened");
    CAPTURE(name_of(error.code()));
    const std::string text = encode_error(error);
    const Reply reply = decoded(text);
    const std::size_t dot = reply.error.rfind('.');
    const auto& interface = reply.error.substr(0, dot) == "io.procpool" ? ours() : service;
    CHECK(interface.name == reply.error.substr(0, dot));
    const auto described = interface.errors.find(reply.error.substr(dot + 1));
    REQUIRE(described != interface.errors.end());
    // InvalidParameter has our sentence beside what the specification wants.
    const std::string problem = test::mismatch(interface, described->second, reply.parameters);
    CHECK(problem ==
          (error.code() == ErrorCode::invalid_parameter ? "message: is not in the interface file" : ""));
    CHECK(to_error(reply).code() == error.code());
    CHECK(to_error(reply).message() == "what happened");
  }
}

TEST_CASE("an error about a job names it for machines") {
  const std::string text = encode_error(Error::about_job(ErrorCode::job_exists, "job 7 is there", JobId{7}));
  const Reply reply = decoded(text);
  CHECK(test::mismatch(ours(), ours().errors.at("JobExists"), reply.parameters).empty());
  CHECK(to_error(reply).job() == JobId{7});
  CHECK(to_error(reply).message() == "job 7 is there");
  CHECK_FALSE(to_error(decoded(encode_error(Error(ErrorCode::job_exists, "m")))).job());
}

TEST_CASE("every error of the interface file has its code") {
  for (const auto& described : ours().errors) {
    const std::string& name = described.first;
    CAPTURE(name);
    bool has_code = false;
    for (int i = 0; i <= static_cast<int>(ErrorCode::system); ++i)
      has_code = has_code || name_of(static_cast<ErrorCode>(i)) == name;
    CHECK(has_code);
  }
}

TEST_CASE("a strange error is a system error that says all that came") {
  const std::string text = R"({"error":"com.example.Odd","parameters":{"x":1}})";
  const Error error = to_error(decoded(text));
  CHECK(error.code() == ErrorCode::system);
  CHECK(error.message() == R"(com.example.Odd {"x":1})");
}

TEST_CASE("a job is what the interface file says, full and empty") {
  CHECK(mismatch("Job", to_json(full_job())).empty());
  CHECK(mismatch("Job", to_json(reply::Job{})).empty());
  CHECK(to_json(reply::Job{}).find("reason") == std::string::npos);
}

TEST_CASE("a pool is what the interface file says, full and empty") {
  reply::Pool pool;
  CHECK(mismatch("Pool", to_json(pool)).empty());
  pool.name = "py";
  pool.kind = PoolKind::python;
  pool.workers = {{1, 4242, reply::WorkerState::busy, 17, 2.5, JobId{3}},
                  {2, std::nullopt, {}, 0, std::nullopt, std::nullopt}};
  pool.functions = {"square"};
  pool.reason = "no module";
  pool.limits.memory = 1 << 20;
  pool.limits.cpus = {0, 1, 2};
  CHECK(mismatch("Pool", to_json(pool)).empty());
  CHECK(result_mismatch("ShowPool", one_to_json("pool", pool)).empty());
  CHECK(result_mismatch("ListPools", list_to_json("pools", std::vector{pool, pool})).empty());
  CHECK(result_mismatch("ListPools", list_to_json("pools", std::vector<reply::Pool>{})).empty());
}

TEST_CASE("every state of a worker, a pool and a disk, and every rung, is a word of the interface file") {
  for (int i = 0; i <= static_cast<int>(reply::WorkerState::waiting); ++i)
    CHECK(name_of(static_cast<reply::WorkerState>(i)) ==
          ours().types.at("WorkerState").words.at(static_cast<std::size_t>(i)));
  CHECK(ours().types.at("WorkerState").words.size() == 5);
  for (int i = 0; i <= static_cast<int>(reply::PoolState::terminated); ++i)
    CHECK(name_of(static_cast<reply::PoolState>(i)) ==
          ours().types.at("PoolState").words.at(static_cast<std::size_t>(i)));
  CHECK(ours().types.at("PoolState").words.size() == 6);
  for (int i = 0; i <= static_cast<int>(reply::DiskState::failed); ++i)
    CHECK(name_of(static_cast<reply::DiskState>(i)) ==
          ours().types.at("DiskState").words.at(static_cast<std::size_t>(i)));
  CHECK(ours().types.at("DiskState").words.size() == 3);
  for (int i = 0; i <= static_cast<int>(ControlGroup::none); ++i)
    CHECK(name_of(static_cast<ControlGroup>(i)) ==
          ours().types.at("ControlGroup").words.at(static_cast<std::size_t>(i)));
  CHECK(ours().types.at("ControlGroup").words.size() == 3);
}

TEST_CASE("status, limits and functions are what the interface file says") {
  reply::Status status;
  status.limits = {{"connections", 512, 1, 0}, {}};
  CHECK(result_mismatch("GetStatus", to_json(status)).empty());
  status.disk = {"/var/lib/procpool", reply::DiskState::full, "no room", 1, 2, 3};
  status.control_group_reason = "they are not ours";
  status.broken_pools = {"py"};
  status.oldest_waiting = reply::WaitingJob{JobId{7}, "nightly", "py", {}, "a free worker"};
  status.last_error = reply::LoggedError{{}, "pool py is broken"};
  status.lingering = false;
  CHECK(result_mismatch("GetStatus", to_json(status)).empty());
  CHECK(result_mismatch("GetLimits", list_to_json("limits", status.limits)).empty());
  CHECK(result_mismatch("ListFunctions",
                        list_to_json("functions", std::vector{reply::Function{"f", {"a", "b"}}}))
            .empty());
}

TEST_CASE("results are what the interface file says, and the client reads them") {
  reply::Results results;
  results.pieces = {reply::Values{5, 8, R"(1,"x",null)"}, full_record(), reply::Values{9, 9, ""}};
  results.cursor = 10;
  const std::string open = to_json(results).flat();
  CHECK(result_mismatch("Get", open).empty());
  results.result = full_job();
  const std::string text = to_json(results).flat();
  CHECK(result_mismatch("Get", text).empty());

  const auto received = decode_results(*json::check(text));
  REQUIRE(received);
  REQUIRE(received->pieces.size() == 3);
  CHECK(received->pieces[0].first == 5);
  REQUIRE(received->pieces[0].values->count() == 3);
  CHECK(received->pieces[0].values->elements()[1].text() == R"("x")");
  CHECK(received->pieces[1].first == 3);
  CHECK(received->pieces[1].record.has_value());
  CHECK(received->pieces[2].values->count() == 0);
  CHECK(received->cursor == 10);
  CHECK(received->done);
  REQUIRE(received->result);

  const auto job = decode_job(*received->result);
  REQUIRE(job);
  CHECK(job->id == JobId{7});
  CHECK(job->verb == Verb::starmap);
  CHECK(job->state == TaskState::cancelled);
  CHECK(job->format == Format::raw);
  CHECK(job->reason == "no more");
  CHECK(job->tasks.not_launched == 8);
  CHECK(job->tasks.ended() == 33);
  CHECK_FALSE(decode_results(*json::check(open))->done);
}

TEST_CASE("a record keeps its value and its error") {
  const std::string text = to_json(full_record());
  const auto record = decode_record(*json::check(text));
  REQUIRE(record);
  CHECK(record->index == 3);
  CHECK(record->state == TaskState::failed);
  CHECK(record->value == "null");
  REQUIRE(record->error);
  CHECK(record->error->code == "ValueError");
  CHECK(record->error->traceback == "Traceback\n  line");
  CHECK(record->error->errno_name == "ENOENT");
  Record bare;
  const std::string bare_text = to_json(bare);
  CHECK(bare_text ==
        R"({"job":0,"index":0,"state":"queued","attempt":1,"queued_at":"1970-01-01T00:00:00.000000Z"})");
  CHECK(decode_record(*json::check(bare_text))->value.empty());
}

TEST_CASE("a client is content with what a newer daemon adds") {
  CHECK(decode_results(
      *json::check(R"({"pieces":[{"first":0,"record":{},"new":1}],"cursor":1,"done":false,"new":1})")));
  CHECK(decode_record(
      *json::check(R"({"index":0,"state":"lost","new":1,"error":{"code":"lost","message":"m","new":1}})")));
}

TEST_CASE("what is not a reply, a record or a job is named") {
  for (const char* text : {"", "[]", R"({"parameters":1})", R"({"parameters":{},"continues":1})",
                           R"({"error":1})", R"({"parameters":{},"extra":1})"}) {
    CAPTURE(text);
    const auto reply = decode_reply(text);
    REQUIRE_FALSE(reply);
    CHECK(reply.error().code() == ErrorCode::connection_lost);
  }
  const auto record_is_bad = [](const char* text) { return !decode_record(*json::check(text)); };
  CHECK(record_is_bad("{}"));
  CHECK(record_is_bad(R"({"index":0})"));
  CHECK(record_is_bad(R"({"state":"lost"})"));
  CHECK(record_is_bad(R"({"index":0,"state":"odd"})"));
  CHECK(record_is_bad(R"({"index":-1,"state":"lost"})"));
  CHECK(record_is_bad(R"({"index":0,"state":"failed","error":{"code":"x"}})"));
  CHECK_FALSE(decode_job(*json::check("{}")));
  CHECK_FALSE(decode_results(*json::check(R"({"cursor":1})")));
  CHECK_FALSE(decode_results(*json::check(R"({"pieces":[1],"cursor":1,"done":true})")));
  CHECK_FALSE(decode_results(*json::check(R"({"pieces":[{"first":0,"values":{}}],"cursor":1,"done":true})")));
}

TEST_CASE("a value as deep as a worker may give it comes through to the client") {
  // The answer of a worker has two levels around a value, a reply of the daemon has six.
  std::string deep(126, '[');
  deep += std::string(126, ']');
  REQUIRE(json::check(R"({"batch":1,"values":[)" + deep + "]}"));
  reply::Results results;
  results.pieces = {reply::Values{0, 1, deep}};
  const std::string text = encode_reply(to_json(results)).flat();
  const auto reply = decode_reply(text);
  REQUIRE(reply);
  const auto received = decode_results(reply->parameters);
  REQUIRE(received);
  CHECK(received->pieces.at(0).values->elements().at(0).text() == deep);
}

TEST_CASE("counts are found by the state") {
  reply::TaskCounts counts{1, 2, 3, 4, 5, 6, 7, 8};
  std::uint64_t expected = 1;
  for (const TaskState state :
       {TaskState::queued, TaskState::running, TaskState::succeeded, TaskState::failed, TaskState::timed_out,
        TaskState::cancelled, TaskState::lost, TaskState::not_launched})
    CHECK(counts.of(state) == expected++);
}

}  // namespace procpool::protocol
