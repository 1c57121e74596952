// Limits of processes as text, as JSON, as settings and as options, and those of a job
// within those of its pool.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "client/command_line.hpp"
#include "common/job/limit_text.hpp"
#include "common/job/limits_within.hpp"
#include "common/protocol/limits_codec.hpp"
#include "common/protocol/request_codec.hpp"
#include "config/settings.hpp"

using namespace procpool;
using Words = std::vector<std::string>;
using Cpus = std::vector<int>;

namespace {

ProcessLimits all_limits() { return {512 << 20, 10, 1000, 64, 100, 5, {0, 1, 2, 3, 6}, 027}; }

std::string problem_of(const std::string& limits) {
  const auto decoded = protocol::decode_limits(limits);
  return decoded ? "" : decoded.error().message();
}

ProcessLimits settings_of(const std::string& lines) {
  const auto settings = config::read_text("[pools.p]\n" + lines, "test", "/");
  REQUIRE_MESSAGE(settings, settings.error().message());
  return settings->pools.at(0).limits;
}

std::string settings_problem(const std::string& lines) {
  const auto settings = config::read_text("[pools.p]\n" + lines, "test", "/");
  return settings ? "" : settings.error().message();
}

Result<client::Invocation> parse(const Words& words) {
  return client::parse_command_line(words, client::Surroundings{"/here", {"A=1"}});
}

std::string usage_problem(const Words& words) {
  const auto invocation = parse(words);
  return invocation ? "" : invocation.error().message();
}

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string beyond(const ProcessLimits& job, const ProcessLimits& pool) {
  const auto good = check_within(job, pool, "p");
  return good ? "" : good.error().message();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const Words all_options{"--memory",     "512MiB",  "--cpu-seconds", "10",  "--file-size", "1000",
                        "--open-files", "64",      "--processes",   "100", "--nice",      "5",
                        "--cpus",       "6,0-2,3", "--umask",       "027"};

}  // namespace

TEST_CASE("a list of CPUs has numbers and ranges, and is shown at its shortest") {
  CHECK(parse_cpu_list("0") == Cpus{0});
  CHECK(parse_cpu_list("6,0-2,2,3") == Cpus{0, 1, 2, 3, 6});
  CHECK(parse_cpu_list("8191") == Cpus{8191});
  CHECK(cpu_list_text({0, 1, 2, 3, 6}) == "0-3,6");
  CHECK(cpu_list_text({5}) == "5");
  CHECK(cpu_list_text({}).empty());
  for (const char* wrong : {"", ",", "1,", ",1", "-", "-1", "1-", "3-1", "1--2", "a", "1 ", " 1", "0x1",
                            "8192", "99999999999", "1-2-3", "+1"})
    CHECK_MESSAGE(!parse_cpu_list(wrong), wrong);
  CHECK_FALSE(parse_cpu_list(std::string(5000, '1')));
}

TEST_CASE("a mask is octal") {
  CHECK(parse_umask("027") == 027);
  CHECK(parse_umask("0") == 0);
  CHECK(parse_umask("0777") == 0777);
  CHECK(umask_text(07) == "007");
  for (const char* wrong : {"", "8", "1000", "-1", "00027", "0x7", "27 "})
    CHECK_MESSAGE(!parse_umask(wrong), wrong);
}

TEST_CASE("limits come back from JSON as they were, and none are nothing") {
  const auto back = protocol::decode_limits(protocol::encode_limits(all_limits()));
  REQUIRE(back);
  CHECK(*back == all_limits());
  CHECK(protocol::encode_limits({}) == "{}");
  CHECK_FALSE(protocol::decode_limits("{}").value().any());
}

TEST_CASE("limits beyond what can be are refused, by name") {
  CHECK(problem_of(R"({"memory":1048576,"file_size":0,"open_files":4,"nice":-20,"umask":"0"})").empty());
  CHECK(has(problem_of(R"({"memory":1048575})"), "'memory'"));
  CHECK(has(problem_of(R"({"cpu_seconds":0})"), "'cpu_seconds'"));
  CHECK(has(problem_of(R"({"file_size":-1})"), "'file_size'"));
  CHECK(has(problem_of(R"({"open_files":3})"), "'open_files'"));
  CHECK(has(problem_of(R"({"processes":0})"), "'processes'"));
  CHECK(has(problem_of(R"({"nice":20})"), "'nice'"));
  CHECK(has(problem_of(R"({"nice":-21})"), "'nice'"));
  CHECK(problem_of(R"({"cpus":"3-1"})") == "'cpus' must be a list of CPUs like \"0-3,6\"");
  CHECK(problem_of(R"({"umask":"8"})") == "'umask' must be an octal mask from \"000\" to \"777\"");
  CHECK(has(problem_of(R"({"memroy":1})"), "'memroy'"));
  CHECK(has(problem_of("[]"), "object"));
}

TEST_CASE("limits of a job are those of commands") {
  const auto decoded = [](const std::string& work) {
    return protocol::decode_call(
        R"({"method":"io.procpool.Apply","parameters":{"inputs":{"items":[null]},"spec":)" +
        std::string(R"({"verb":"apply",)") + work + R"(,"limits":{"open_files":9}}}})");
  };
  CHECK_FALSE(std::holds_alternative<protocol::Refusal>(decoded(R"("argv":["ls"])")));
  const auto refused = decoded(R"("function":"f")");
  REQUIRE(std::holds_alternative<protocol::Refusal>(refused));
  CHECK(has(std::get<protocol::Refusal>(refused).parameters, "a function has the limits of its pool"));
}

TEST_CASE("a job's limits go over those of the pool, one by one") {
  ProcessLimits pool;
  pool.memory = 100;
  pool.nice = 3;
  ProcessLimits job;
  job.memory = 50;
  job.cpus = {1};
  const ProcessLimits both = combined(pool, job);
  CHECK(both.memory == 50);
  CHECK(both.nice == 3);
  CHECK(both.cpus == Cpus{1});
  CHECK(combined(all_limits(), {}) == all_limits());
  CHECK(combined({}, all_limits()) == all_limits());
}

TEST_CASE("a job must not ask for more than its pool allows") {
  CHECK(beyond(all_limits(), {}).empty());
  CHECK(beyond({}, all_limits()).empty());
  CHECK(beyond(all_limits(), all_limits()).empty());
  ProcessLimits job;
  job.open_files = 65;
  CHECK(has(beyond(job, all_limits()), "open_files 65, but pool 'p' allows at most 64"));
  job = {};
  job.nice = 4;
  CHECK(has(beyond(job, all_limits()), "nice 4, but pool 'p' allows nothing below 5"));
  job = {};
  job.cpus = {3, 4};
  CHECK(has(beyond(job, all_limits()), "the CPUs 3-4, but pool 'p' allows only 0-3,6"));
  job = {};
  job.umask = 0;  // is no limit
  CHECK(beyond(job, all_limits()).empty());
}

TEST_CASE("a pool's limits stand in its section of the settings") {
  CHECK(settings_of("memory = \"512MiB\"\ncpu_seconds = 10\nfile_size = 1000\nopen_files = 64\n"
                    "processes = 100\nnice = 5\ncpus = \"0-3,6\"\numask = \"027\"\n") == all_limits());
  CHECK_FALSE(settings_of("").any());
  CHECK(settings_of("nice = -20").nice == -20);
  CHECK(has(settings_problem("memory = 512"), "'pools.p.memory' must be from 1MiB to 1024TiB"));
  CHECK(has(settings_problem("nice = 20"), "'pools.p.nice' must be from -20 to 19"));
  CHECK(has(settings_problem("cpus = 3"), "must be a list of CPUs like \"0-3,6\", not an integer"));
  CHECK(has(settings_problem("cpus = \"3-\""), "must be a list of CPUs like \"0-3,6\", not \"3-\""));
  CHECK(has(settings_problem("umask = 27"), "must be an octal mask from \"000\" to \"777\", not an integer"));
  CHECK(has(settings_problem("umaks = \"027\""), "did you mean 'umask'?"));
  CHECK(has(settings_problem("open_file = 9"), "did you mean 'open_files'?"));
}

TEST_CASE("the same options give a pool and a command their limits") {
  const auto pool = parse(with({"pool", "create", "p"}, all_options));
  REQUIRE_MESSAGE(pool, pool.error().message());
  CHECK(std::get<request::CreatePool>(pool->action).pool.limits == all_limits());
  for (const char* verb : {"apply", "map", "imap", "imap_unordered", "run"}) {
    const auto job = parse(with(with({verb}, all_options), {"--", "true"}));
    REQUIRE_MESSAGE(job, job.error().message());
    CHECK(std::get<client::Submission>(job->action).spec.limits == all_limits());
  }
}

TEST_CASE("options of limits say what they must be, and are not for functions") {
  CHECK(has(usage_problem({"apply", "--memory", "1k", "--", "x"}), "--memory must be"));
  CHECK(has(usage_problem({"apply", "--memory", "512", "--", "x"}), "--memory must be from 1MiB"));
  CHECK(has(usage_problem({"apply", "--cpu-seconds", "0", "--", "x"}),
            "--cpu-seconds must be a whole number from 1"));
  CHECK(has(usage_problem({"apply", "--nice", "20", "--", "x"}),
            "--nice must be a whole number from -20 to 19"));
  CHECK(has(usage_problem({"apply", "--cpus", "x", "--", "x"}),
            "--cpus must be a list of CPUs like 0-3,6, not 'x'"));
  CHECK(has(usage_problem({"apply", "--umask", "9", "--", "x"}), "--umask must be an octal mask"));
  CHECK(has(usage_problem({"map", "--umask", "027", "f"}),
            "--umask is for commands; a function has the limits of its pool"));
  CHECK(has(usage_problem({"starmap", "--nice", "1", "f"}), "there is no option '--nice'"));
}
