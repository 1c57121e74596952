// Whose business it is to start a daemon: ours, or that of the service manager of the machine.

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "client/machine_unit.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool;
using client::unit_that_serves;

namespace {

/// A machine of its own, which systemd runs.
struct Machine {
  Machine() {
    for (const char* name : {"booted", "etc", "usr"}) REQUIRE(mkdir(directory.path(name).c_str(), 0755) == 0);
    places.booted = directory.path("booted");
    places.directories = {directory.path("etc"), directory.path("usr")};
  }

  test::TemporaryDirectory directory;
  client::UnitPlaces places;
};

}  // namespace

TEST_CASE("the daemon at the socket of the machine is started by its unit, where systemd has one") {
  Machine machine;
  CHECK(unit_that_serves("/run/procpool/socket", machine.places) == std::nullopt);
  machine.directory.write("usr/procpoold.service", "");
  CHECK(unit_that_serves("/run/procpool/socket", machine.places) == "procpoold.service");
  machine.directory.write("usr/procpoold.socket", "");
  CHECK(unit_that_serves("/run/procpool/socket", machine.places) == "procpoold.socket");
  SUBCASE("any other socket is the user's own") {
    CHECK(unit_that_serves("/run/user/1000/procpool/socket", machine.places) == std::nullopt);
    CHECK(unit_that_serves("/tmp/procpool-0/socket", machine.places) == std::nullopt);
  }
  SUBCASE("where another process 1 runs, nobody would start the unit") {
    machine.places.booted = machine.directory.path("nowhere");
    CHECK(unit_that_serves("/run/procpool/socket", machine.places) == std::nullopt);
  }
}

TEST_CASE("a unit that was masked is not gone around") {
  Machine machine;
  REQUIRE(symlink("/dev/null", machine.directory.path("etc/procpoold.socket").c_str()) == 0);
  CHECK(unit_that_serves("/run/procpool/socket", machine.places) == "procpoold.socket");
}
