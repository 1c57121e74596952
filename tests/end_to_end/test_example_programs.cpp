// The programs under tests/examples/, as somebody would start them.

#include <doctest/doctest.h>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

std::string example(const std::string& line) {
  return "bash '" PROCPOOL_SOURCE_DIR "/tests/examples/'" + line;
}

}  // namespace

TEST_CASE("primes in a range are counted over a pool") {
  const TestDaemon daemon;
  CHECK(daemon.sh(example("primes.sh 10000 20")) == Finished{0, "1229 primes below 10000\n", ""});
}

TEST_CASE("the words of many files are counted by a map and a reduction") {
  const TestDaemon daemon;
  const Finished counted = daemon.sh(example("wordcount.sh"));
  CHECK(counted == Finished{0, "300 the\n200 counts\n100 ends\n100 number\n100 pool\n", ""});
}

TEST_CASE("squares come by every verb") {
  const TestDaemon daemon;
  CHECK(daemon.sh(example("squares.sh")) == Finished{0,
                                                     "apply: 49\n"
                                                     "apply --async: 64\n"
                                                     "map: [1,4,9,16,25]\n"
                                                     "imap: 1 4 9 16 25\n"
                                                     "imap_unordered, sorted: 1 4 9 16 25\n",
                                                     ""});
}

TEST_CASE("pages are fetched from a local server, and a callback appends each result to a file") {
  const TestDaemon daemon;
  const Finished fetched = daemon.sh(example("fetch.sh 30"));
  CHECK(fetched.status == 0);
  CHECK(fetched.out ==
        "the map: 30 pages, 480 bytes, 1 missing\nthe callbacks: 30 pages, 480 bytes, 1 missing\n");
}

TEST_CASE("every third number fails, and each outcome has its callback") {
  const TestDaemon daemon;
  const Finished called = daemon.sh(example("callbacks.sh 9"));
  CHECK(called.status == 0);
  CHECK(called.out.find("failed: ValueError: bad number 3\n") != std::string::npos);
  CHECK(called.out.find("failed: ValueError: bad number 9\n") != std::string::npos);
  CHECK(called.out.find("succeeded: ") == 0);
}
