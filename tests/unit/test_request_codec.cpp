// Calls: what the client writes is what the daemon reads, and what is no good call is
// refused in the way that Varlink wants.

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "common/protocol/interface.hpp"
#include "common/protocol/request_codec.hpp"

namespace procpool::protocol {
namespace {

/// A request of each kind with every member at another value than its default.
request::Any filled(std::size_t index) {
  JobSpec command;
  command.verb = Verb::map;
  command.work = Command{{"gzip", "{}", "\xFF"}, "/tmp/in", false};
  command.name = "compress";
  command.pool = "default";
  command.directory = "/srv/\xFF";
  command.environment = {"A=1", "B=\xFE"};
  command.priority = -7;
  command.chunksize = 12;
  command.timeout = Seconds(2.5);
  command.kill_after = Seconds(0.25);
  command.attached = false;
  command.format = Format::records;
  command.callbacks = {"true", "false", "cat"};
  command.limits = {64 << 20, 10, 1000, 64, 100, -5, {0, 1, 6}, 027};
  command.retry = {3, Seconds(0.5), {{RetryCondition::Kind::exit, "75"}, {RetryCondition::Kind::lost, ""}}};
  command.halt = HaltRule{HaltRule::When::now, HaltRule::What::done, std::uint64_t{20}};
  command.start.after = {{JobId{7}, EndCondition::success}, {JobId{8}, EndCondition::any}};
  command.start.delay = Seconds(1.5);
  command.unique = {"nightly", IfExists::get};
  JobSpec function;
  function.start.not_before = WallTime(std::chrono::seconds(1'800'000'000));
  function.work = FunctionCall{"square", R"({"delay":2})"};
  PoolSpec pool;
  pool.name = "py";
  pool.kind = PoolKind::python;
  pool.workers = 3;
  pool.module = "/srv/tasks.py";
  pool.initializer = "prepare";
  pool.initargs = "[1,\"x\"]";
  pool.directory = "/srv";
  pool.environment = {"A=1"};
  pool.max_tasks_per_child = 10;
  pool.max_age = Seconds(60);
  pool.max_memory_mib = 100;
  pool.history = HistoryLevel::results;
  pool.limits.memory = 64 << 20;
  pool.limits.cpus = {0, 2};
  const request::Any all[] = {
      request::Apply{function, {"[[1,2]]", false}},
      request::Submit{command, {R"(["YQ=="])", true}, true},
      request::Feed{JobId{3}, {"[1,{}]", false}, true},
      request::Get{JobId{3}, 17, request::Order::completion, true, Seconds(1.5)},
      request::ReadOutput{JobId{3}, 4, OutputStream::err, 1 << 20, Seconds(1.5)},
      request::Wait{{JobId{1}, JobId{2}}, true, Seconds(2)},
      request::ListJobs{TaskState::timed_out, 5, "py", "nightly", JobId{99}},
      request::ShowJob{JobId{9}},
      request::Cancel{{JobId{1}}, "INT", Seconds(3), "no more"},
      request::SendSignal{JobId{4}, "HUP"},
      request::Retry{JobId{4}, true},
      request::Forget{{JobId{4}, JobId{5}}},
      request::ListFunctions{"py"},
      request::ListPools{},
      request::ShowPool{"py"},
      request::CreatePool{pool},
      request::ResizePool{"py", 8},
      request::PausePool{"py"},
      request::ResumePool{"py"},
      request::RecyclePool{"py"},
      request::ClosePool{"py"},
      request::JoinPool{"py", Seconds(4)},
      request::TerminatePool{"py"},
      request::GetStatus{},
      request::GetLimits{},
      request::Drain{},
      request::Stop{},
      request::Reload{},
      request::GetSettings{},
      request::SetLogLevel{LogLevel::error},
      request::GetInfo{},
      request::GetInterfaceDescription{"io.procpool"},
  };
  static_assert(std::size(all) == std::variant_size_v<request::Any>);
  return all[index];
}

Call decoded(const std::string& text) {
  CAPTURE(text);
  DecodedCall call = decode_call(text);
  if (const auto* refusal = std::get_if<Refusal>(&call)) FAIL(refusal->error << refusal->parameters);
  if (const auto* unreadable = std::get_if<Unreadable>(&call)) FAIL(unreadable->why);
  return std::get<Call>(std::move(call));
}

Refusal refused(const std::string& text) {
  CAPTURE(text);
  DecodedCall call = decode_call(text);
  REQUIRE(std::holds_alternative<Refusal>(call));
  return std::get<Refusal>(std::move(call));
}

/// The parameters of a refused Submit whose job has these members beside its verb.
std::string refused_spec(const std::string& members, const std::string& verb = "map") {
  const Refusal refusal = refused(R"({"method":"io.procpool.Submit","parameters":{"spec":{"verb":")" + verb +
                                  "\"," + members + R"(},"last":true}})");
  CHECK(refusal.error == "org.varlink.service.InvalidParameter");
  return refusal.parameters;
}

bool is_unreadable(std::string_view text) { return std::holds_alternative<Unreadable>(decode_call(text)); }

}  // namespace

TEST_CASE("every request comes through whole") {
  for (std::size_t i = 0; i < std::variant_size_v<request::Any>; ++i) {
    const request::Any request = filled(i);
    const std::string text = encode_call(request, true);
    const Call call = decoded(text);
    CHECK(call.request.index() == i);
    CHECK(call.more);
    CHECK_FALSE(call.oneway);
    // Two requests are the same if they are written the same.
    CHECK(encode_call(call.request, true) == text);
  }
}

TEST_CASE("the members of a request land where they belong") {
  const auto submit = std::get<request::Submit>(decoded(encode_call(filled(1), false)).request);
  const auto& command = std::get<Command>(submit.spec.work);
  CHECK(submit.spec.verb == Verb::map);
  CHECK(command.argv == std::vector<std::string>{"gzip", "{}", "\xFF"});
  CHECK(command.stdin_path == "/tmp/in");
  CHECK(submit.spec.directory == "/srv/\xFF");
  CHECK(submit.spec.environment == std::vector<std::string>{"A=1", "B=\xFE"});
  CHECK(submit.spec.priority == -7);
  CHECK(text_of(submit.spec.halt.value()) == "now,done=20");
  CHECK(submit.spec.chunksize == 12U);
  CHECK(submit.spec.timeout == Seconds(2.5));
  CHECK(submit.spec.kill_after == Seconds(0.25));
  CHECK_FALSE(submit.spec.attached);
  CHECK(submit.spec.format == Format::records);
  CHECK(submit.spec.callbacks.on_error == "false");
  CHECK(submit.inputs.base64);
  CHECK(submit.last);
  const auto pool = std::get<request::CreatePool>(decoded(encode_call(filled(15), false)).request).pool;
  CHECK(pool.initargs == "[1,\"x\"]");
  CHECK(pool.max_age == Seconds(60));
}

TEST_CASE("a command of the verb run has its caller's descriptors") {
  const Call call =
      decoded(R"({"method":"io.procpool.Apply","parameters":{"spec":{"verb":"run","argv":["ls"]},)"
              R"("inputs":{"items":[null]}}})");
  CHECK(std::get<Command>(std::get<request::Apply>(call.request).spec.work).uses_caller_stdio);
}

TEST_CASE("a method without its interface gets ours, and its parameters pass as they are") {
  CHECK(encode_call("ListPools", "{ }", false) == R"({"method":"io.procpool.ListPools","parameters":{ }})");
  CHECK(encode_call("org.varlink.service.GetInfo", "{}", true) ==
        R"({"method":"org.varlink.service.GetInfo","parameters":{},"more":true})");
}

TEST_CASE("parameters may be absent or null") {
  CHECK(std::holds_alternative<request::ListPools>(decoded(R"({"method":"io.procpool.ListPools"})").request));
  CHECK(std::holds_alternative<request::ListPools>(
      decoded(R"({"method":"io.procpool.ListPools","parameters":null})").request));
}

TEST_CASE("flags may be false, and keys of vendors are passed over") {
  const Call call = decoded(
      R"({"method":"io.procpool.Drain","more":false,"oneway":true,"upgrade":false,"com.example.x":1})");
  CHECK_FALSE(call.more);
  CHECK(call.oneway);
}

TEST_CASE("what is no call at all is unreadable") {
  for (const char* text :
       {"", "{", "[]", "1", "null", R"("io.procpool.Drain")", "{}", R"({"method":1})", R"({"method":null})",
        R"({"method":"io.procpool.Drain","parameters":[]})",
        R"({"method":"io.procpool.Drain","parameters":"x"})", R"({"method":"io.procpool.Drain","more":1})",
        R"({"method":"io.procpool.Drain","surplus":1})",
        R"({"method":"io.procpool.Drain","more":true,"oneway":true})",
        R"({"method":"io.procpool.Drain","upgrade":true})",
        R"({"method":"io.procpool.Drain","method":"io.procpool.Stop"})",
        R"({"method":"io.procpool.Drain"} {})"}) {
    CAPTURE(text);
    CHECK(is_unreadable(text));
  }
}

TEST_CASE("an unknown interface or method is named in full") {
  CHECK(refused(R"({"method":"com.example.Do"})").error == "org.varlink.service.InterfaceNotFound");
  CHECK(refused(R"({"method":"com.example.Do"})").parameters == R"({"interface":"com.example"})");
  CHECK(refused(R"({"method":"Do"})").parameters == R"({"interface":""})");
  CHECK(refused(R"({"method":""})").parameters == R"({"interface":""})");
  CHECK(refused(R"({"method":"io.procpool.Do"})").error == "org.varlink.service.MethodNotFound");
  CHECK(refused(R"({"method":"io.procpool.Do"})").parameters == R"({"method":"io.procpool.Do"})");
  CHECK(refused(R"({"method":"io.procpool."})").parameters == R"({"method":"io.procpool."})");
  CHECK(refused(R"({"method":"io.procpool.drain"})").error == "org.varlink.service.MethodNotFound");
  // A method of the other interface.
  CHECK(refused(R"({"method":"io.procpool.GetInfo"})").error == "org.varlink.service.MethodNotFound");
}

TEST_CASE("outputs are passed of commands whose submitter waits for them") {
  CHECK(refused_spec(R"("function":"f","pass_outputs":true)").find("pass_outputs") != std::string::npos);
  CHECK(refused_spec(R"("argv":["ls"],"keep":true,"pass_outputs":true)").find("pass_outputs") !=
        std::string::npos);
}

TEST_CASE("a refused oneway call is still oneway") {
  CHECK(refused(R"({"method":"io.procpool.Do","oneway":true})").oneway);
  CHECK(refused(R"({"method":"io.procpool.ShowPool","oneway":true})").oneway);
  CHECK_FALSE(refused(R"({"method":"io.procpool.Do"})").oneway);
}

TEST_CASE("a job says what it does, once") {
  CHECK(refused_spec(R"("name":"x")") ==
        R"({"parameter":"spec.function","message":"'spec.function' is missing, and so is 'argv'"})");
  CHECK(refused_spec(R"("function":"f","argv":["x"])").find("exclude each other") != std::string::npos);
  CHECK(refused_spec(R"("function":"")").find("is empty") != std::string::npos);
  CHECK(refused_spec(R"("argv":["x"],"kwargs":{})").find("spec.kwargs") != std::string::npos);
  CHECK(refused_spec(R"("argv":["x"])", "starmap").find("spec.verb") != std::string::npos);
  CHECK(refused_spec(R"("function":"f")", "run").find("spec.function") != std::string::npos);
  CHECK(refused_spec(R"("argv":["x"],"keep":true)", "run").find("spec.keep") != std::string::npos);
  CHECK(refused_spec(R"("argv":["x"],"directory":"relative")").find("spec.directory") != std::string::npos);
}

TEST_CASE("a NUL in what becomes an argument, a path or a variable is refused") {
  for (const char* member :
       {R"("argv":["a\u0000b"])", R"("argv_base64":["AA=="])", R"("argv":["x"],"stdin_base64":"AA==")",
        R"("argv":["x"],"directory_base64":"L3gA")", R"("argv":["x"],"environment":["A=\u0000"])",
        R"("function":"f\u0000")", R"("function":"f","name":"\u0000")", R"("function":"f","pool":"\u0000")",
        R"("function":"f","on_each":"true\u0000")"}) {
    CAPTURE(member);
    CHECK(refused_spec(member).find("holds a NUL") != std::string::npos);
  }
}

TEST_CASE("inputs are either items or their base64 form") {
  const auto with = [](const std::string& inputs) {
    return refused(R"({"method":"io.procpool.Feed","parameters":{"job":1,"last":true,"inputs":)" + inputs +
                   "}}")
        .parameters;
  };
  CHECK(with("{}").find(R"("parameter":"inputs.items")") != std::string::npos);
  CHECK(with(R"({"items":[],"items_base64":[]})").find(R"("parameter":"inputs.items")") != std::string::npos);
  CHECK(with(R"({"items":{}})").find(R"("parameter":"inputs.items")") != std::string::npos);
  CHECK(with(R"({"items":[],"more":[]})").find(R"("parameter":"inputs.more")") != std::string::npos);
}

TEST_CASE("a pool that cannot be meant is refused with the reason") {
  const auto with = [](const std::string& members) {
    return refused(R"({"method":"io.procpool.CreatePool","parameters":{"pool":{)" + members + "}}}")
        .parameters;
  };
  CHECK(with(R"("name":"p","kind":"python","workers":1)") ==
        R"({"parameter":"pool","message":"'pool' is wrong: pool 'p' needs a module"})");
  CHECK(with(R"("name":"p","kind":"command","workers":0)").find("must be between 1 and 4096") !=
        std::string::npos);
  CHECK(with(R"("name":"p","kind":"command","workers":-1)").find(R"("parameter":"pool.workers")") !=
        std::string::npos);
  CHECK(with(R"("name":"a b","kind":"command","workers":1)").find("letters, digits") != std::string::npos);
}

TEST_CASE("a call that is nested deeper than is read is told apart from what is no call") {
  const std::string deep = R"({"method":"io.procpool.GetStatus","parameters":[[[[]]]]})";
  const auto unreadable = decode_call(deep, 4);
  CHECK(std::get<Unreadable>(unreadable).too_deep);
  CHECK_FALSE(std::get<Unreadable>(decode_call("{\"method\"")).too_deep);
  CHECK_FALSE(std::get<Unreadable>(decode_call(deep, 5)).too_deep);
}

TEST_CASE("only apply and run apply") {
  const Refusal refusal =
      refused(R"({"method":"io.procpool.Apply","parameters":{"spec":{"verb":"map","function":"f"},)"
              R"("inputs":{"items":[[]]}}})");
  CHECK(refusal.parameters.find(R"("parameter":"spec.verb")") != std::string::npos);
}

}  // namespace procpool::protocol
