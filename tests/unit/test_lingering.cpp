// Whether the user lingers whose service manager has started the daemon.

#include <doctest/doctest.h>
#include <pwd.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "daemon/service_manager/lingering.hpp"
#include "tests/support/temporary_directory.hpp"

namespace procpool::service_manager {
namespace {

struct Machine {
  test::TemporaryDirectory directory;
  LingerPlaces places{directory.path("cgroup"), directory.path("linger")};

  explicit Machine(const std::string& membership) {
    std::ofstream(places.membership) << membership;
    std::filesystem::create_directory(places.lingering);
  }
};

std::string manager_of(uid_t uid) {
  const std::string number = std::to_string(uid);
  return "/user.slice/user-" + number + ".slice/user@" + number + ".service";
}

TEST_CASE("a daemon that no manager of a user has started knows nothing of lingering") {
  CHECK_FALSE(user_lingers(Machine("0::/system.slice/procpoold.service\n").places));
  CHECK_FALSE(user_lingers(Machine("0::/user.slice/user-0.slice/session-3.scope\n").places));
  CHECK_FALSE(user_lingers(Machine("").places));
  CHECK_FALSE(user_lingers({"/no/such/file", "/no/such/directory"}));
}

TEST_CASE("one that is below the manager of a user asks whether that user lingers") {
  const passwd* const user = getpwuid(getuid());
  REQUIRE(user != nullptr);
  const std::string group = manager_of(getuid()) + "/app.slice/procpoold.service\n";
  for (const std::string& line : {"0::" + group, "1:name=systemd:" + group + "0::/\n"}) {
    CAPTURE(line);
    const Machine machine(line);
    CHECK(user_lingers(machine.places) == std::optional(false));
    std::ofstream(machine.places.lingering + "/" + user->pw_name) << "";
    CHECK(user_lingers(machine.places) == std::optional(true));
  }
}

TEST_CASE("a user whom nobody knows is not asked about") {
  CHECK_FALSE(user_lingers(Machine("0::" + manager_of(4'000'000'001) + "/a.service\n").places));
  CHECK_FALSE(user_lingers(Machine("0::/user.slice/user@.service\n").places));
  CHECK_FALSE(user_lingers(Machine("0::/user.slice/user@99999999999999.service\n").places));
}

}  // namespace
}  // namespace procpool::service_manager
