// What a command gets: its arguments, environment, directory, standard input, and a
// clean process.

#include <doctest/doctest.h>

#include <filesystem>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

TEST_CASE("arguments reach the command byte for byte") {
  const TestDaemon daemon(command_pool(1));
  const std::string arguments =
      R"sh(printf '<%s>' 'a  b' "it's" 'say "x"' '$HOME' '*' '\n' '' ' ' '-n' '{' '}' '--' ';' "$(printf 'line\nbreak')" "$(printf '\377\376 \001')" ':::')sh";
  CHECK(daemon.sh("procpool apply --raw -- " + arguments) == daemon.sh(arguments));
  CHECK(daemon.sh("procpool run -- " + arguments) == daemon.sh(arguments));
  CHECK(daemon.sh("printf 'a\\377b\\0c\\nd\\0' | procpool map --raw -0 -- printf '[%s]' {}") ==
        Finished{0, "[a\377b][c\nd]", ""});
}

TEST_CASE("the placeholders: the input and its parts, the task's number, the worker's slot") {
  const TestDaemon daemon(command_pool(1));
  CHECK(daemon.sh("procpool map --raw -- echo {} {.} {/} {//} {/.} {#} {%} ::: dir/a.tar.gz b /c") ==
        Finished{0, "dir/a.tar.gz dir/a.tar a.tar.gz dir a.tar 1 1\nb b b . b 2 1\n/c /c c / c 3 1\n", ""});
  CHECK(daemon.sh("procpool map --raw -- echo pre{}post{}x '{ }' ::: A 'B C'") ==
        Finished{0, "preApostAx { }\npreB CpostB Cx { }\n", ""});
  // With none of them, the input comes last.
  CHECK(daemon.sh("procpool map --raw -- echo the ::: end") == Finished{0, "the end\n", ""});
}

TEST_CASE("--shell takes one string for the shell, and inputs are no part of its syntax") {
  const TestDaemon daemon(command_pool(1));
  CHECK(daemon.sh("procpool apply --raw -c 'echo $((1+2)) | cat'") == Finished{0, "3\n", ""});
  CHECK(daemon.sh(
            "procpool map --raw -c 'printf \"%s\\n\" {} | cat' ::: \"a'b  c\" '$(touch broken); x' '{}'") ==
        Finished{0, "a'b  c\n$(touch broken); x\n{}\n", ""});
  CHECK_FALSE(std::filesystem::exists(daemon.path("broken")));
  CHECK(daemon.sh("procpool apply -c 'one' 'two'").status == 2);
}

TEST_CASE("the submitter's environment is taken along whole, and can be changed or left out") {
  const TestDaemon daemon(command_pool(1));
  const std::string shown =
      " -- sh -c 'echo \"$A|$B|$PROCPOOL_POOL|$PROCPOOL_TASK|$PROCPOOL_SLOT|$PROCPOOL_ATTEMPT\"'";
  CHECK(daemon.say("A='x  y' procpool apply --raw" + shown) == "x  y||default|0|1|1");
  CHECK(daemon.say("A=x procpool apply --raw --env A='=1' --env B=" + shown) == "=1||default|0|1|1");
  CHECK(daemon.say("A=x B=y procpool apply --raw --env A=2" + shown) == "2|y|default|0|1|1");
  CHECK(daemon.say("A=x procpool apply --raw --clear-env --env B=1 -- /usr/bin/env | grep -v '^PROCPOOL_'") ==
        "B=1");
  CHECK(daemon.say("A=\"$(printf 'a\\377b')\" procpool apply --raw -- printenv A | od -An -tx1") ==
        " 61 ff 62 0a");
  const std::string id = daemon.say("procpool apply --async -- printenv PROCPOOL_JOB");
  CHECK(daemon.say("procpool get --raw " + id) == id);
  CHECK(daemon.sh("procpool apply --env =1 -- true").status == 2);
  CHECK(daemon.sh("procpool apply --env A -- true").status == 2);
}

TEST_CASE("--cwd and --stdin name the directory and the standard input; else it is the caller's, and empty") {
  const TestDaemon daemon(command_pool(1));
  daemon.say("mkdir -p some/where; echo content >some/file");
  CHECK(daemon.say("cd some && procpool apply --raw -- pwd") == daemon.path("some"));
  CHECK(daemon.say("cd some && procpool apply --raw --cwd where -- pwd") == daemon.path("some/where"));
  CHECK(daemon.say("procpool apply --raw --cwd / -- pwd") == "/");
  CHECK(daemon.say("cd some && procpool apply --raw --stdin file -- cat") == "content");
  CHECK(daemon.sh("procpool apply --raw -- cat", "nobody reads this") == Finished{0, "", ""});

  const Finished nowhere = daemon.sh("procpool apply --cwd nowhere -- pwd");
  CHECK(nowhere.status >= 125);
  CHECK(nowhere.err.find("nowhere") != std::string::npos);
  const Finished nothing = daemon.sh("procpool apply --stdin nothing -- cat");
  CHECK(nothing.status >= 125);
  CHECK(nothing.err.find("nothing") != std::string::npos);
}

TEST_CASE("a command has the descriptors 0, 1 and 2 and no other, and a clean signal state") {
  const TestDaemon daemon(command_pool(1));
  CHECK(daemon.say("procpool apply --raw -- sh -c 'ls /proc/$$/fd; true'") == "0\n1\n2");
  CHECK(daemon.say("procpool run -- sh -c 'ls /proc/$$/fd; true' 5</dev/null 7</dev/null") == "0\n1\n2");
  CHECK(daemon.say("procpool apply --raw -- grep -E '^Sig(Blk|Ign)' /proc/self/status") ==
        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000");
}

TEST_CASE("a command that cannot be found or executed is not launched, and the worker goes on") {
  const TestDaemon daemon(command_pool(1));
  const auto before = daemon.workers("default");
  daemon.say("echo 'not a program' >plain; printf '#!/no/such/shell\\n' >strange; chmod +x strange");
  const auto not_launched = [&](const std::string& command, int status) {
    CAPTURE(command);
    const Finished applied = daemon.sh("procpool apply --records -- " + command);
    CHECK(applied.status == status);
    const auto record = nlohmann::json::parse(applied.out);
    CHECK(record["state"] == "not_launched");
    CHECK(record["error"]["code"] == "not_launched");
  };
  not_launched("no-such-command", 127);
  not_launched("./missing", 127);
  not_launched("./plain", 126);
  not_launched("/", 126);
  not_launched("./strange", 127);
  CHECK(daemon.workers("default") == before);
}
