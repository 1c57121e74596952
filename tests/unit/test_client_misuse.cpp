// Everything that is wrong with a command line is said in a sentence.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "client/command_line.hpp"

using namespace procpool;
using namespace procpool::client;
using Words = std::vector<std::string>;

namespace {

struct Misuse {
  Words words;
  std::string part_of_the_sentence;
};

const std::vector<Misuse> verbs{
    {{}, "no verb is given"},
    {{"--json"}, "no verb is given"},
    {{"mpa"}, "there is no verb 'mpa'; did you mean 'map'?"},
    {{"frobnicate"}, "there is no verb 'frobnicate'"},
    {{"--"}, "there is no verb '--'"},
    {{"pool"}, "'pool' needs a verb: list show create"},
    {{"pool", "lst"}, "did you mean 'pool list'?"},
    {{"daemon"}, "'daemon' needs a verb: start stop"},
    {{"help", "nonsense"}, "there is no verb 'nonsense'"},
};

const std::vector<Misuse> options{
    {{"map", "--chunksiz", "3", "f"}, "there is no option '--chunksiz' here; did you mean '--chunksize'?"},
    {{"map", "-x", "f"}, "there is no option '-x' here"},
    {{"map", "-qx", "f"}, "there is no option '-x' in '-qx'"},
    {{"--nope", "map", "f"}, "there is no option '--nope'"},
    {{"apply", "f", "-x"}, "there is no option '-x'"},
    {{"map", "--pool"}, "'--pool' needs a value"},
    {{"map", "--pool=", "f"}, "'--pool=' has no value"},
    {{"map", "--raw=yes", "f"}, "'--raw' takes no value"},
    {{"--color", "blue", "jobs"}, "--color must be auto, always or never, not 'blue'"},
    {{"run", "--async", "--", "x"}, "there is no option '--async'"},
};

const std::vector<Misuse> numbers{
    {{"map", "--chunksize", "0", "f"}, "--chunksize must be auto or a whole number from 1"},
    {{"map", "--chunksize", "1.5", "f"}, "--chunksize must be auto or a whole number from 1"},
    {{"map", "--timeout", "0", "f"},
     "--timeout must be a number of seconds above 0 and up to 1000000000, not '0'"},
    {{"map", "--timeout", "-1", "f"},
     "--timeout must be a number of seconds above 0 and up to 1000000000, not '-1'"},
    {{"map", "--timeout", "2e9", "f"}, "and up to 1000000000, not '2e9'"},
    {{"map", "--delay", "2e9", "f"}, "--delay must be a number of seconds up to 1000000000, not '2e9'"},
    {{"map", "--timeout", "inf", "f"}, "--timeout must be a number of seconds"},
    {{"map", "--timeout", "5s", "f"}, "--timeout must be a number of seconds"},
    {{"map", "--priority", "high", "f"}, "--priority must be a whole number"},
    {{"pool", "create", "p", "--workers", "0"}, "--workers must be a whole number from 1 to 4096, not '0'"},
    {{"pool", "create", "p", "--workers", "-1"}, "--workers must be a whole number from 1 to 4096, not '-1'"},
    {{"pool", "create", "p", "--workers", "1.5"},
     "--workers must be a whole number from 1 to 4096, not '1.5'"},
    {{"pool", "create", "p", "--workers", "many"},
     "--workers must be a whole number from 1 to 4096, not 'many'"},
    {{"pool", "create", "p", "--workers", ""}, "--workers must be a whole number from 1 to 4096, not ''"},
    {{"pool", "create", "p", "--workers", "99999999999999999999"}, "--workers must be a whole number"},
    {{"pool", "create", "p", "--max-tasks-per-child", "0"},
     "--max-tasks-per-child must be a whole number from 1"},
    {{"pool", "create", "p", "--max-tasks-per-child", "-1"},
     "--max-tasks-per-child must be a whole number from 1"},
    {{"pool", "create", "p", "--max-tasks-per-child", "1.5"},
     "--max-tasks-per-child must be a whole number from 1"},
    {{"pool", "create", "p", "--max-tasks-per-child", "x"},
     "--max-tasks-per-child must be a whole number from 1"},
    {{"pool", "resize", "p", "0"}, "the number of workers must be a whole number from 1"},
    {{"get", "0"}, "a job id must be a whole number from 1, not '0'"},
    {{"wait", "7", "x"}, "a job id must be a whole number from 1, not 'x'"},
    {{"jobs", "--limit", "0"}, "--limit must be a whole number from 1"},
    {{"jobs", "--before", "x"}, "--before must be a whole number from 1"},
    {{"map", "--retries", "-1", "f"}, "--retries must be a whole number from 0 to 100000, not '-1'"},
    {{"map", "--retry-delay", "-1", "--retries", "1", "f"},
     "must be a number of seconds up to 1000000, not '-1'"},
    {{"map", "--retry-delay", "2e6", "--retries", "1", "f"}, "a number of seconds up to 1000000, not '2e6'"},
    {{"map", "--delay", "-1", "f"}, "--delay must be a number of seconds"},
    {{"get", "7", "--reconnect", "soon"}, "--reconnect must be a number of seconds"},
};

const std::vector<Misuse> work{
    {{"map"}, "which function, or which command behind '--'?"},
    {{"map", "--"}, "there is no command behind '--'"},
    {{"map", "--", ":::", "a"}, "there is no command behind '--'"},
    {{"map", "f", "1", "2"}, "what is '1'? Inputs stand behind ':::'"},
    {{"map", "f", "--", "x"}, "what is 'f'? There is a command behind '--' already"},
    {{"map", "f", "-a", "x", ":::", "1"}, "inputs come from ':::' or from --arg-file, not from both"},
    {{"starmap", "--", "x"}, "starmap takes a function, not a command"},
    {{"run"}, "which command?"},
    {{"run", "x"}, "run takes a command: put '--' before it"},
    {{"apply", "-c", "a", "b"}, "--shell takes one string"},
    {{"apply", "-c", "--", "a", "b"}, "--shell takes one string"},
    {{"apply", "--kwargs", "[1]", "f"}, "--kwargs must be a JSON object"},
    {{"apply", "--kwargs", "{}", "--", "x"}, "--kwargs is for functions, but this is a command"},
    {{"map", "--text", "--", "x"}, "--text is for functions"},
    {{"map", "--text", "--json-input", "f"}, "--text and --json-input exclude each other"},
    {{"map", "--raw", "f"}, "--raw is for commands, but this is a function"},
    {{"map", "--raw", "--records", "--", "f"}, "--raw and --records exclude each other"},
    {{"map", "--stdin", "x", "f"}, "--stdin is for commands"},
    {{"map", "--env", "A=1", "f"}, "--env is for commands and callbacks"},
    {{"map", "--env", "A", "--", "x"}, "--env must be of the form NAME=VALUE, not 'A'"},
};

const std::vector<Misuse> empty{
    {{"jobs", "--socket", ""}, "--socket must be a path, and is empty"},
    {{"apply", "--pool", "", "f"}, "--pool must not be empty"},
    {{"apply", "--kwargs", "", "f"}, "--kwargs must not be empty"},
    {{"apply", "--callback", "", "f"}, "--callback must not be empty"},
    {{"apply", "--error-callback", "", "f"}, "--error-callback must not be empty"},
    {{"map", "--each", "", "f"}, "--each must not be empty"},
    {{"run", "--cwd", "", "--", "x"}, "--cwd must be a path, and is empty"},
    {{"apply", "--stdin", "", "--", "x"}, "--stdin must be a path, and is empty"},
    {{"pool", "create", "p", "--python", ""}, "--python must not be empty"},
    {{"pool", "create", "p", "--library", ""}, "--library must be a path, and is empty"},
    {{"pool", "create", "p", "--initializer", ""}, "--initializer must not be empty"},
    {{"pool", "create", "p", "--initargs", ""}, "--initargs must not be empty"},
    {{"functions", "--pool", ""}, "--pool must not be empty"},
    {{"jobs", "--pool", ""}, "--pool must not be empty"},
    {{"jobs", "--name", ""}, "--name must not be empty"},
};

const std::vector<Misuse> starts{
    {{"map", "--retry-delay", "1", "f"}, "--retry-delay needs --retries"},
    {{"map", "--retry-on", "often", "f"}, "--retry-on must be exit, exit=N, signal"},
    {{"map", "--retry-on", "lost,", "f"}, "--retry-on must be exit, exit=N, signal"},
    {{"map", "--retry-on", "signal=NONSENSE", "f"},
     "name of a signal behind 'signal=', not 'signal=NONSENSE'"},
    {{"map", "--after", "x", "f"}, "--after must be a job id, alone or with :success, :failure or :any"},
    {{"map", "--after", "7:often", "f"}, "not '7:often'"},
    {{"map", "--at", "soon", "f"}, "--at must be a time like 14:30"},
    {{"map", "--at", "14:30", "--delay", "1", "f"}, "--delay and --at exclude each other"},
    {{"map", "--unique", "", "f"}, "--unique must be 1 to 255 bytes of text"},
    {{"map", "--unique", "\xFF", "f"}, "--unique must be 1 to 255 bytes of text"},
    {{"map", "--if-exists", "get", "--async", "f"}, "--if-exists needs --unique"},
    {{"map", "--unique", "k", "--if-exists", "run", "f"}, "--if-exists must be refuse or get, not 'run'"},
    {{"map", "--unique", "k", "--if-exists", "get", "f"}, "--if-exists get needs --async"},
};

const std::vector<Misuse> others{
    {{"jobs", "--forget"}, "at least one job id"},
    {{"jobs", "--forget", "--state", "failed", "7"}, "--forget takes the ids of jobs, and no filters"},
    {{"jobs", "7"}, "what is '7'?"},
    {{"retry"}, "this verb needs one job id"},
    {{"get"}, "this verb needs one job id"},
    {{"get", "1", "2"}, "what is '2'?"},
    {{"get", "--raw", "--records", "1"}, "--raw and --records exclude each other"},
    {{"wait"}, "at least one job id"},
    {{"jobs", "--state", "happy"}, "--state must be queued, running"},
    {{"cancel", "1", "--signal", "NONSENSE"}, "--signal must be a signal, not 'NONSENSE'"},
    {{"pool", "show"}, "this verb needs the name of a pool"},
    {{"pool", "create", "a b"}, "the name of a pool has"},
    {{"pool", "create", "p", "--python", "x", "--library", "y"}, "exclude each other"},
    {{"pool", "create", "p", "--library", "y", "--", "w"}, "exclude each other"},
    {{"pool", "create", "p", "--initargs", "1", "--initializer", "f", "--python", "x"},
     "--initargs must be a JSON array"},
    {{"pool", "create", "p", "--initargs", "[1]", "--python", "x"}, "arguments for an initializer, but none"},
    {{"call"}, "call needs a method"},
    {{"call", "X", "{"}, "the parameters are not valid JSON"},
    {{"call", "X", "[]"}, "the parameters must be a JSON object"},
};

void check(const std::vector<Misuse>& table) {
  const Surroundings here{"/here", {}};
  for (const auto& [words, part] : table) {
    std::string line = "procpool";
    for (const std::string& word : words) line += " " + word;
    CAPTURE(line);
    const auto invocation = parse_command_line(words, here);
    REQUIRE_FALSE(invocation);
    CHECK(invocation.error().code() == ErrorCode::invalid_parameter);
    const std::string& sentence = invocation.error().message();
    CHECK_MESSAGE(sentence.find(part) != std::string::npos, sentence);
  }
}

}  // namespace

TEST_CASE("verbs that are not there") { check(verbs); }
TEST_CASE("options that are not there, or are used in another way") { check(options); }
TEST_CASE("numbers that are none, or too small") { check(numbers); }
TEST_CASE("work that cannot be meant") { check(work); }
TEST_CASE("values that are empty, as of variables that were not set") { check(empty); }
TEST_CASE("when a job starts, and how often") { check(starts); }
TEST_CASE("the other verbs") { check(others); }
