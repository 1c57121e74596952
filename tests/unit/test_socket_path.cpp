#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "common/os/socket_path.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool;
using os::choose_socket_path;

namespace {

/// A machine of its own: everything is below one directory.
os::SocketSurroundings surroundings_in(const test::TemporaryDirectory& directory) {
  os::SocketSurroundings surroundings;
  surroundings.uid = getuid() != 0 ? getuid() : 1000;
  surroundings.system_socket = directory.path("run-socket");
  surroundings.temporary_directory = directory.path();
  return surroundings;
}

}  // namespace

TEST_CASE("a socket that is named is taken, whatever else there is") {
  const test::TemporaryDirectory directory;
  auto surroundings = surroundings_in(directory);
  surroundings.named = "/somewhere/socket";
  surroundings.runtime_directory = directory.path();
  CHECK(*choose_socket_path(surroundings) == "/somewhere/socket");
}

TEST_CASE("the runtime directory goes before the system's socket, if it is there") {
  const test::TemporaryDirectory directory;
  auto surroundings = surroundings_in(directory);
  directory.write("run-socket", "");
  surroundings.runtime_directory = directory.path();
  CHECK(*choose_socket_path(surroundings) == directory.path() + "/procpool/socket");
  surroundings.runtime_directory = directory.path("gone");
  CHECK(*choose_socket_path(surroundings) == surroundings.system_socket);
}

TEST_CASE("without a system's socket only root looks there, the others have a directory of their own") {
  const test::TemporaryDirectory directory;
  auto surroundings = surroundings_in(directory);
  CHECK(*choose_socket_path(surroundings) ==
        directory.path() + "/procpool-" + std::to_string(surroundings.uid) + "/socket");
  surroundings.uid = 0;
  CHECK(*choose_socket_path(surroundings) == surroundings.system_socket);
}

TEST_CASE("a directory of our name that may be a trap is refused") {
  const test::TemporaryDirectory directory;
  auto surroundings = surroundings_in(directory);
  const std::string own = directory.path("procpool-" + std::to_string(surroundings.uid));
  SUBCASE("a link to somewhere") { REQUIRE(symlink("/tmp", own.c_str()) == 0); }
  SUBCASE("a file") { directory.write("procpool-" + std::to_string(surroundings.uid), ""); }
  SUBCASE("open to others") {
    REQUIRE(mkdir(own.c_str(), 0700) == 0);
    REQUIRE(chmod(own.c_str(), 0755) == 0);
  }
  const auto path = choose_socket_path(surroundings);
  REQUIRE_FALSE(path);
  CHECK(path.error().code() == ErrorCode::not_permitted);
}

TEST_CASE("the socket's directory is made for its owner only, and may be there already") {
  const test::TemporaryDirectory directory;
  const std::string socket = directory.path("procpool") + "/socket";
  REQUIRE(os::make_socket_directory(socket));
  struct stat found {};
  REQUIRE(stat(directory.path("procpool").c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0700);
  CHECK(os::make_socket_directory(socket));
  CHECK_FALSE(os::make_socket_directory(directory.path("no") + "/such/socket"));
}
