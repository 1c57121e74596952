// What the programs that functions start inherit of their worker: no signal that is ignored.

#include <doctest/doctest.h>

#include <csignal>
#include <string>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// Of the line "SigIgn: 0000000000001002".
bool is_ignored(const std::string& line, int signal) {
  REQUIRE(line.find("SigIgn:") != std::string::npos);
  const auto mask = std::stoull(line.substr(line.find_last_of(" \t") + 1), nullptr, 16);
  return (mask >> (signal - 1) & 1) != 0;
}

}  // namespace

TEST_CASE("a program that a function starts hears an interrupt, and ends with the reader of its pipe") {
  const TestDaemon daemon(python_pool(1) +
                          "[pools.odd]\nkind = \"native\"\nworkers = 1\nlibrary = \"" PROCPOOL_LIB_DIR
                          "/libodd.so\"\n");
  for (const std::string pool : {"py", "odd"}) {
    CAPTURE(pool);
    const std::string line = daemon.json("apply --pool " + pool + " signals_ignored_by_child");
    CHECK_FALSE(is_ignored(line, SIGINT));
    CHECK_FALSE(is_ignored(line, SIGPIPE));
  }
}
