// --dry-run: what would be run, without a daemon.

#include <doctest/doctest.h>

#include <filesystem>

#include "tests/support/sanitizer.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// Where no daemon is, and nobody may start one.
class Nowhere {
 public:
  Finished sh(const std::string& line, const std::string& input = "") const { return here_.sh(line, input); }
  const TestDaemon& daemon() const { return here_; }
  bool has(const std::string& name) const { return std::filesystem::exists(here_.path(name)); }

 private:
  TestDaemon here_{command_pool(1), TestDaemon::NotStarted{}};
};

}  // namespace

TEST_CASE("the command line of each task is one line for a shell, and nothing runs") {
  const Nowhere nowhere;
  CHECK(nowhere.sh("procpool map --dry-run -- touch 'a  b' {.} x{#} ::: '*' \"it's\" a.txt ''") ==
        Finished{0,
                 "touch 'a  b' '*' x1\ntouch 'a  b' 'it'\\''s' x2\ntouch 'a  b' a x3\ntouch 'a  b' '' x4\n",
                 ""});
  CHECK(nowhere.sh("procpool apply --dry-run -- touch {} {#}") == Finished{0, "touch '{}' 1\n", ""});
  CHECK(nowhere.sh("procpool run --dry-run -- touch a") == Finished{0, "touch a\n", ""});
  CHECK(nowhere.sh("procpool imap --dry-run --async --each false -- touch ::: a") ==
        Finished{0, "touch a\n", ""});
  CHECK(nowhere.sh("procpool map --dry-run --shell 'wc <{} >b' ::: 'a b'") ==
        Finished{0, "/bin/sh -c 'wc <\"${1}\" >b' sh 'a b'\n", ""});
  CHECK_FALSE(nowhere.has("a"));
  CHECK_FALSE(nowhere.has("socket"));
}

TEST_CASE("the slot is not known before a task starts") {
  const Nowhere nowhere;
  CHECK(nowhere.sh("procpool map --dry-run -- echo s{%} ::: {%}") == Finished{0, "echo 's{%}'\n", ""});
}

TEST_CASE("a shell that is given the lines runs just these commands") {
  const Nowhere nowhere;
  const std::string words = R"('a  b' '*' '$HOME' "it's" '' '\' $'new\nline' $'\e[1m' -n '{}' 'A=1')";
  nowhere.daemon().directory().write("lines", "procpool map --dry-run -- printf '<%s>' ::: " + words +
                                                  " | bash >ran; printf '<%s>' " + words + " | cmp - ran\n");
  CHECK(nowhere.sh("bash lines") == Finished{0, "", ""});
}

TEST_CASE("of a function it is what can stand behind apply") {
  const Nowhere nowhere;
  CHECK(nowhere.sh("procpool map --dry-run square ::: 1 two '{\"a\": 1}'") ==
        Finished{0, "square 1\nsquare '\"two\"'\nsquare '{\"a\": 1}'\n", ""});
  CHECK(nowhere.sh("procpool starmap --dry-run power --kwargs '{\"x\":2}' ::: '[1,2]' '[]'") ==
        Finished{0, "power 1 2 --kwargs '{\"x\":2}'\npower --kwargs '{\"x\":2}'\n", ""});
  CHECK(nowhere.sh("procpool apply --dry-run --text power 2") == Finished{0, "power '\"2\"'\n", ""});
}

TEST_CASE("with --json each task is an object") {
  const Nowhere nowhere;
  CHECK(nowhere.sh("procpool map --dry-run --json -- cat ::: 'a b'") ==
        Finished{0, "{\"index\":0,\"argv\":[\"cat\",\"a b\"]}\n", ""});
  CHECK(nowhere.sh("procpool --json starmap --dry-run f --kwargs '{\"k\":[]}' ::: '[1,\"x\"]' '[]'") ==
        Finished{0,
                 "{\"index\":0,\"function\":\"f\",\"args\":[1,\"x\"],\"kwargs\":{\"k\":[]}}\n"
                 "{\"index\":1,\"function\":\"f\",\"args\":[],\"kwargs\":{\"k\":[]}}\n",
                 ""});
  CHECK(nowhere.sh("procpool map --json --dry-run -- cat", "x\xff\n") ==
        Finished{0, "{\"index\":0,\"argv_base64\":[\"Y2F0\",\"eP8=\"]}\n", ""});
}

TEST_CASE("inputs come from where they would, and what is wrong with them is told") {
  const Nowhere nowhere;
  nowhere.daemon().directory().write("inputs", "a\nb");
  CHECK(nowhere.sh("procpool map --dry-run -a inputs -a - -- cat", "c\n") ==
        Finished{0, "cat a\ncat b\ncat c\n", ""});
  CHECK(nowhere.sh("printf 'a b\\0c' | procpool map --dry-run -0 -- cat") ==
        Finished{0, "cat 'a b'\ncat c\n", ""});
  CHECK(nowhere.sh("procpool map --dry-run -a nowhere -- cat").status == 2);
  const Finished refused = nowhere.sh("printf '1\\nx\\n' | procpool imap --dry-run --json-input f");
  CHECK(refused.status == 2);
  CHECK(refused.out == "f 1\n");
  CHECK(refused.err.find("line 2") != std::string::npos);
}

TEST_CASE("endless inputs are shown as they come, in bounded memory") {
  const Nowhere nowhere;
  CHECK(nowhere.sh("yes | procpool imap --dry-run f | head -2") == Finished{0, "f '\"y\"'\nf '\"y\"'\n", ""});
  Program many = nowhere.daemon().start(
      "head -c 100000000 /dev/zero | tr '\\0' y | fold -w 2000 | procpool imap --dry-run f >/dev/null");
  CHECK(many.finish(std::chrono::minutes(5)).status == 0);
  if (!is_sanitized) CHECK(many.peak_memory_mib() < 64);
}
