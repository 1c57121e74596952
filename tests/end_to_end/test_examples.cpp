// The examples of the contract of the command line, as they stand there.

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

void create_pool_of_squares(const TestDaemon& daemon) {
  daemon.say(
      "printf 'def square(x):\\n    return x * x\\n' > tasks.py && "
      "procpool pool create py --workers 2 --python tasks.py");
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

TEST_CASE("apply of a command prints its value, says why it failed, and ends with its status") {
  const TestDaemon daemon;
  const Finished applied =
      daemon.sh("procpool apply -- sh -c 'echo out; echo err >&2; exit 3'; echo \"status $?\"");
  CHECK(applied.out ==
        "{\"exit\":3,\"signal\":null,\"stdout\":\"out\\n\",\"stderr\":\"err\\n\"}\nstatus 3\n");
  CHECK(applied.err == "procpool: task 0 failed: exit status 3\n");
}

TEST_CASE("a pool is made of a Python file, and its functions are called by their names") {
  const TestDaemon daemon;
  create_pool_of_squares(daemon);
  CHECK(daemon.sh("procpool apply square 12") == Finished{0, "144\n", ""});
  CHECK(daemon.sh("procpool map square ::: 1 2 3") == Finished{0, "[1,4,9]\n", ""});
  CHECK(daemon.sh("seq 3 | procpool imap square") == Finished{0, "1\n4\n9\n", ""});
}

TEST_CASE(
    "a map of a million inputs behind which somebody reads two lines ends at once, and the job with it") {
  const TestDaemon daemon;
  create_pool_of_squares(daemon);
  const Finished two = daemon.sh("seq 1000000 | procpool imap_unordered square | head -2");
  CHECK(two.status == 0);
  CHECK(two.err == "");
  CHECK(sorted_lines(two.out).size() == 2);
  CHECK(wait_until([&] { return daemon.is_idle(); }));
  CHECK(daemon.json("jobs --state running").empty());
}

TEST_CASE("map --raw prints what the commands printed; arguments reach them as they are") {
  const TestDaemon daemon;
  CHECK(daemon.sh("procpool map --raw -- echo 'a  b' {} ::: '*' \"it's\"") ==
        Finished{0, "a  b *\na  b it's\n", ""});
}

TEST_CASE("an id is there before the job has ended, and gives its value afterwards") {
  const TestDaemon daemon;
  CHECK(daemon.sh("id=$(procpool apply --async -- sh -c 'until [ -e go ]; do sleep 0.01; done'); "
                  "procpool ready $id; echo $?; touch go; procpool get $id") ==
        Finished{0, "1\n{\"exit\":0,\"signal\":null,\"stdout\":\"\",\"stderr\":\"\"}\n", ""});
}

TEST_CASE("get gives up after its timeout") {
  const TestDaemon daemon;
  CHECK(daemon.sh("procpool get $(procpool apply --async -- sleep 60) --timeout 0.2; echo $?").out ==
        "124\n");
  daemon.cancel_kept_jobs();
}

TEST_CASE("records carry the failures too") {
  const TestDaemon daemon;
  create_pool_of_squares(daemon);
  const Finished records = daemon.sh(
      "procpool imap_unordered --records square ::: 2 x | jq -c '[.index,.state,.value,.error.code]'");
  // Which of the two workers is first, nobody knows.
  CHECK(sorted_lines(records.out) ==
        std::vector<std::string>{"[0,\"succeeded\",4,null]", "[1,\"failed\",null,\"TypeError\"]"});
}

TEST_CASE("a callback finds the records on its standard input") {
  const TestDaemon daemon;
  create_pool_of_squares(daemon);
  CHECK(daemon.sh("procpool map --callback 'jq length > done.txt' square ::: 1 2 3") ==
        Finished{0, "[1,4,9]\n", ""});
  CHECK(wait_until([&] { return daemon.file("done.txt") == "3\n"; }));
}

TEST_CASE("run gives the command the caller's own standard input") {
  const TestDaemon daemon;
  CHECK(daemon.sh("yes | head -c 1000000 | procpool run -- wc -c") == Finished{0, "1000000\n", ""});
}
