#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

#include "client/command_line.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool;
using namespace procpool::client;
using Words = std::vector<std::string>;

namespace {

const Surroundings here{"/here", {"HOME=/home/me", "NOTIFY_SOCKET=/x", "LANG=C"}};

Invocation parse(const Words& words) {
  auto invocation = parse_command_line(words, here);
  INFO(words.size() << " words, the first is " << (words.empty() ? "" : words.front()));
  REQUIRE_MESSAGE(invocation, (invocation ? "" : invocation.error().message()));
  return *std::move(invocation);
}

template <class Kind>
Kind parse_as(const Words& words) {
  Invocation invocation = parse(words);
  REQUIRE(std::holds_alternative<Kind>(invocation.action));
  return std::get<Kind>(std::move(invocation.action));
}

/// Of a job that gets it as it is.
Words environment_here() { return {here.environment.begin(), here.environment.end()}; }

Words argv_of(const Submission& submission) { return std::get<Command>(submission.spec.work).argv; }
FunctionCall call_of(const Submission& submission) { return std::get<FunctionCall>(submission.spec.work); }

}  // namespace

TEST_CASE("a function with arguments, negative numbers and strange ones included") {
  const auto apply =
      parse_as<Submission>({"apply", "add", "-1", "2", "[1,2]", "++", "", "-.5", "--kwargs", R"({"c":3})"});
  CHECK(apply.spec.verb == Verb::apply);
  CHECK(call_of(apply).name == "add");
  CHECK(call_of(apply).kwargs == R"({"c":3})");
  CHECK(apply.arguments == Words{"-1", "2", "[1,2]", "++", "", "-.5"});
  CHECK(apply.meaning == InputMeaning::json_or_text);
}

TEST_CASE("behind '--' stands a command, byte for byte") {
  const auto apply =
      parse_as<Submission>({"apply", "--raw", "--", "ls", "-l", "--records", ":::", "--", "a  b"});
  CHECK(argv_of(apply) == Words{"ls", "-l", "--records", ":::", "--", "a  b"});
  CHECK(apply.spec.format == Format::raw);
  CHECK(apply.spec.directory == "/here");
  CHECK(apply.spec.environment == environment_here());
}

TEST_CASE("a function has the surroundings of its pool, its callbacks have the caller's") {
  CHECK(parse_as<Submission>({"map", "f", ":::", "1"}).spec.environment.empty());
  const auto map = parse_as<Submission>({"map", "f", "--callback", "true", "--cwd", "sub", ":::", "1"});
  CHECK(map.spec.callbacks.on_success == "true");
  CHECK(map.spec.directory == "/here/sub");
  CHECK(map.spec.environment == environment_here());
}

TEST_CASE("what is only for people may be empty") {
  CHECK(parse_as<Submission>({"apply", "--name", "", "f"}).spec.name.empty());
  CHECK(parse_as<request::Cancel>({"cancel", "--reason", "", "7"}).reason.empty());
}

TEST_CASE("of flags that contradict each other the last one counts") {
  CHECK(parse({"-v", "jobs", "-q"}).globals.verbosity == Verbosity::quiet);
  CHECK(parse({"-q", "jobs", "-v"}).globals.verbosity == Verbosity::verbose);
  CHECK(parse_as<Submission>({"map", "--no-progress", "--progress", "f"}).progress == ProgressWish::on);
  CHECK(parse_as<Submission>({"map", "--progress", "--no-progress", "f"}).progress == ProgressWish::off);
}

TEST_CASE("the environment can be added to, and left behind") {
  CHECK(parse_as<Submission>({"apply", "--env", "LANG=de", "--env", "A=b=c", "--", "x"}).spec.environment ==
        Words{"HOME=/home/me", "NOTIFY_SOCKET=/x", "LANG=de", "A=b=c"});
  CHECK(parse_as<Submission>({"apply", "--clear-env", "--env", "A=", "--", "x"}).spec.environment ==
        Words{"A="});
}

TEST_CASE("inputs come from ':::', from files, or from standard input") {
  const auto given = parse_as<Submission>({"map", "f", ":::", "-a", "--"});
  CHECK(std::get<GivenInputs>(given.inputs).inputs == Words{"-a", "--"});
  const auto files = parse_as<Submission>({"imap", "-0", "-a", "one", "--arg-file=two", "f"});
  CHECK(std::get<InputFiles>(files.inputs).paths == Words{"one", "two"});
  CHECK(std::get<InputFiles>(files.inputs).separator == '\0');
  const auto standard = parse_as<Submission>({"imap_unordered", "f"});
  CHECK(std::get<InputFiles>(standard.inputs).paths == Words{"-"});
  CHECK(std::get<InputFiles>(standard.inputs).separator == '\n');
}

TEST_CASE("what an input means depends on the verb, the options and the work") {
  CHECK(parse_as<Submission>({"map", "f"}).meaning == InputMeaning::json_or_text);
  CHECK(parse_as<Submission>({"map", "--text", "f"}).meaning == InputMeaning::text);
  CHECK(parse_as<Submission>({"map", "--json-input", "f"}).meaning == InputMeaning::json);
  CHECK(parse_as<Submission>({"starmap", "f"}).meaning == InputMeaning::argument_array);
  CHECK(parse_as<Submission>({"map", "--", "echo"}).meaning == InputMeaning::command_argument);
}

TEST_CASE("options of a job, each where it belongs") {
  const auto map = parse_as<Submission>({"map",
                                         "--pool",
                                         "p",
                                         "--name",
                                         "n",
                                         "--priority",
                                         "-3",
                                         "--timeout",
                                         "0.5",
                                         "--kill-after",
                                         "0",
                                         "--chunksize",
                                         "7",
                                         "--async",
                                         "--each",
                                         "e",
                                         "--error-callback",
                                         "x",
                                         "--progress",
                                         "f"});
  CHECK(map.spec.pool == "p");
  CHECK(map.spec.name == "n");
  CHECK(map.spec.priority == -3);
  CHECK(map.spec.timeout == Seconds(0.5));
  CHECK(map.spec.kill_after == Seconds(0));
  CHECK(map.spec.chunksize == 7U);
  CHECK_FALSE(map.spec.attached);
  CHECK(map.spec.callbacks.on_each == "e");
  CHECK(map.spec.callbacks.on_error == "x");
  CHECK(map.progress == ProgressWish::on);
  CHECK_FALSE(parse_as<Submission>({"map", "--chunksize", "7", "--chunksize", "auto", "f"}).spec.chunksize);
}

TEST_CASE("a job of a single task takes what every job takes, and makes no use of some of it") {
  const auto apply = parse_as<Submission>({"apply", "--chunksize", "2", "--progress", "f"});
  CHECK(apply.spec.chunksize == 2U);
  const auto run = parse_as<Submission>(
      {"run", "--chunksize", "auto", "--no-progress", "--callback", "c", "--each", "e", "--", "true"});
  CHECK(run.spec.callbacks.on_success == "c");
  CHECK(run.spec.callbacks.on_each == "e");
}

TEST_CASE("--shell takes its string behind '--' or before it") {
  const Words argv{"/bin/sh", "-c", "echo hi"};
  CHECK(argv_of(parse_as<Submission>({"apply", "-c", "echo hi"})) == argv);
  CHECK(argv_of(parse_as<Submission>({"apply", "--shell", "--", "echo hi"})) == argv);
  CHECK(argv_of(parse_as<Submission>({"map", "-c", "wc {}", ":::", "a"})).at(2) == R"(wc "${1}")");
}

TEST_CASE("run takes a command and its caller's streams") {
  const auto run = parse_as<Submission>({"run", "--", "cat"});
  CHECK(run.spec.verb == Verb::run);
  CHECK(std::get<Command>(run.spec.work).uses_caller_stdio);
}

TEST_CASE("global options stand before and after the verb") {
  for (const Words& words :
       {Words{"--socket", "/s", "--json", "-q", "--no-autostart", "--color", "never", "jobs"},
        Words{"jobs", "--socket=/s", "--json", "-q", "--no-autostart", "--color=never"},
        Words{"-q", "jobs", "--json", "--socket", "/s", "--no-autostart", "--color", "never"}}) {
    const Globals globals = parse(words).globals;
    CHECK(globals.socket == "/s");
    CHECK(globals.json);
    CHECK_FALSE(globals.autostart);
    CHECK(globals.verbosity == Verbosity::quiet);
    CHECK(globals.color == Color::never);
  }
  CHECK(parse({"pool", "--json", "list", "-v"}).globals.json);
}

TEST_CASE("handles") {
  const auto get = parse_as<GetResults>({"get", "7", "--timeout", "0"});
  CHECK(get.job == JobId{7});
  CHECK(get.timeout == Seconds(0));
  CHECK_FALSE(get.format);
  const auto wait = parse_as<WaitForJobs>({"wait", "7", "--any", "8"});
  CHECK(wait.jobs == std::vector{JobId{7}, JobId{8}});
  CHECK(wait.any);
  CHECK(parse_as<AskAboutJob>({"successful", "7"}).question == Question::successful);
  CHECK(parse_as<PrintOutput>({"output", "7", "--stderr", "--index", "0"}).index == 0U);
  const auto cancel =
      parse_as<request::Cancel>({"cancel", "7", "--signal", "SIGINT", "--grace", "2", "--reason", "r"});
  CHECK(cancel.signal == "INT");
  CHECK(cancel.grace == Seconds(2));
  CHECK(parse_as<request::ListJobs>({"jobs", "--state", "timed_out", "--limit", "5"}).state ==
        TaskState::timed_out);
}

TEST_CASE("a pool is of the kind that its options say") {
  const auto created = [](const Words& words) { return parse_as<request::CreatePool>(words).pool; };
  const PoolSpec commands = created({"pool", "create", "c", "--workers", "3"});
  CHECK(commands.kind == PoolKind::command);
  CHECK(commands.workers == 3);
  CHECK(commands.directory == "/here");
  CHECK(commands.environment == Words{"HOME=/home/me", "LANG=C"});
  const PoolSpec python =
      created({"pool", "create", "p", "--python", "tasks.py", "--initializer", "f", "--initargs", "[1]"});
  CHECK(python.kind == PoolKind::python);
  CHECK(python.module == "/here/tasks.py");
  CHECK(python.initargs == "[1]");
  CHECK(python.workers >= 1);
  CHECK(created({"pool", "create", "p", "--python", "package.tasks"}).module == "package.tasks");
  const PoolSpec native = created({"pool", "create", "n", "--library", "x.so", "--max-tasks-per-child", "9",
                                   "--max-age", "1.5", "--max-memory", "64"});
  CHECK(native.library == "/here/x.so");
  CHECK(native.max_tasks_per_child == 9);
  CHECK(native.max_age == Seconds(1.5));
  CHECK(native.max_memory_mib == 64);
  CHECK(created({"pool", "create", "w", "--", "./worker", "-x"}).argv == Words{"./worker", "-x"});
}

TEST_CASE("a Python file is known by being there, whatever it is called") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.write("tasks", "");
  CHECK(parse_as<request::CreatePool>({"pool", "create", "p", "--python", path}).pool.module == path);
}

TEST_CASE("pools and the daemon") {
  CHECK(parse_as<request::ShowPool>({"pool", "show", "p"}).name == "p");
  CHECK(parse_as<request::ResizePool>({"pool", "resize", "p", "8"}).workers == 8);
  CHECK(parse_as<request::JoinPool>({"pool", "join", "p", "--timeout", "1"}).timeout == Seconds(1));
  CHECK(parse_as<request::TerminatePool>({"pool", "terminate", "p"}).name == "p");
  CHECK(parse_as<request::ListFunctions>({"functions", "--pool", "p"}).pool == "p");
  CHECK(parse_as<DaemonAction>({"daemon", "drain"}) == DaemonAction::drain);
  const auto call = parse_as<RawCall>({"call", "ShowJob", R"({"job":1})", "--more"});
  CHECK(call.parameters == R"({"job":1})");
  CHECK(call.more);
  CHECK(parse_as<Introspect>({"introspect"}).interface == "io.procpool");
}

TEST_CASE("help is there for the whole, for a group, and for each verb, with examples first") {
  for (const Words& words :
       {Words{"--help"}, Words{"-h"}, Words{"help"}, Words{"help", "pool"}, Words{"pool", "--help"},
        Words{"help", "pool", "create"}, Words{"map", "--help"}, Words{"get", "-h"}})
    CHECK_FALSE(parse_as<Help>(words).text.empty());
  const std::string map = parse_as<Help>({"help", "map"}).text;
  CHECK(map.find("Examples:") < map.find("Usage:"));
  CHECK(map.find("--chunksize N") != std::string::npos);
  CHECK(parse_as<Help>({"--version"}).text.starts_with("procpool "));
  CHECK(parse_as<Help>({"map", "--version"}).text.starts_with("procpool "));
}

TEST_CASE("a full queue refuses a submission unless it is told to wait") {
  CHECK(parse_as<Submission>({"apply", "f"}).when_full == WhenFull::refuse);
  CHECK(parse_as<Submission>({"apply", "--when-full", "wait", "f"}).when_full == WhenFull::wait);
  CHECK(parse_as<Submission>({"run", "--when-full", "refuse", "--", "true"}).when_full == WhenFull::refuse);
  CHECK_FALSE(parse_command_line({"apply", "--when-full", "later", "f"}, here));
}
