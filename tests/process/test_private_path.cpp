// Files and directories that could be a trap: what stands where anybody may put things.

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "common/os/private_path.hpp"
#include "common/os/socket_path.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool;

namespace {

/// A directory that anybody may write to, as /tmp is.
class OpenDirectory : public test::TemporaryDirectory {
 public:
  OpenDirectory() { REQUIRE(chmod(path().c_str(), 01777) == 0); }
};

mode_t mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(lstat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

std::string refusal(const Result<void>& result) {
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == ErrorCode::not_permitted);
  return result.error().message();
}

std::string refusal(const Result<os::Fd>& result) {
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == ErrorCode::not_permitted);
  return result.error().message();
}

bool says(const std::string& text, const char* words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("a private directory has its mode whatever the umask is, and may be there already") {
  const OpenDirectory open;
  const mode_t usual = umask(077);
  CHECK(os::make_private_directory(open.path("passable"), 0711));
  CHECK(os::make_private_directory(open.path("own") + "//", 0700));
  umask(usual);
  CHECK(mode_of(open.path("passable")) == 0711);
  CHECK(mode_of(open.path("own")) == 0700);
  CHECK(os::make_private_directory(open.path("own"), 0711));
  CHECK(mode_of(open.path("own")) == 0700);
}

TEST_CASE("a directory that somebody may have planted is refused, also one on the way") {
  const OpenDirectory open;
  const std::string planted = open.path("planted");
  const auto make = [&] { return refusal(os::make_private_directory(planted, 0700)); };
  const auto make_below = [&] { return refusal(os::make_private_directory(planted + "/below", 0700)); };
  SUBCASE("a link") {
    const test::TemporaryDirectory elsewhere;
    REQUIRE(symlink(elsewhere.path().c_str(), planted.c_str()) == 0);
    CHECK(says(make(), "is not a directory"));
    CHECK(says(make_below(), "is not a directory"));
  }
  SUBCASE("a link to nothing") {
    REQUIRE(symlink("nothing", planted.c_str()) == 0);
    CHECK(says(make(), "is not a directory"));
    CHECK_FALSE(std::filesystem::exists(open.path("nothing")));
  }
  SUBCASE("one that others may write to") {
    REQUIRE(mkdir(planted.c_str(), 0700) == 0);
    REQUIRE(chmod(planted.c_str(), 0770) == 0);
    CHECK(says(make(), "is open to other users"));
    CHECK(says(make_below(), "is open to other users"));
  }
  SUBCASE("one of another user") {
    REQUIRE(mkdir(planted.c_str(), 0711) == 0);
    if (chown(planted.c_str(), 54321, 54321) != 0) return;  // only root can give things away
    CHECK(says(make(), "belongs to another user"));
    CHECK(says(make_below(), "belongs to another user"));
    const auto socket = os::make_socket_directory(planted + "/socket");
    CHECK(says(refusal(socket), "name another socket"));
  }
}

TEST_CASE("a link of one's own leads to the directory where nobody else can put things") {
  const test::TemporaryDirectory own;
  REQUIRE(mkdir(own.path("there").c_str(), 0755) == 0);
  REQUIRE(symlink("there", own.path("here").c_str()) == 0);
  CHECK(os::make_private_directory(own.path("here"), 0700));
  CHECK(os::make_private_directory(own.path("here") + "/below", 0700));
}

TEST_CASE("a private file is for its owner only, also if it was there with another mode") {
  const OpenDirectory open;
  const std::string path = open.path("file");
  CHECK(os::open_private_file(path));
  CHECK(mode_of(path) == 0600);
  REQUIRE(chmod(path.c_str(), 0666) == 0);
  CHECK(os::open_private_file(path));
  CHECK(mode_of(path) == 0600);
}

TEST_CASE("a file that somebody may have planted is not opened, and keeps what is in it") {
  const OpenDirectory open;
  const std::string precious = open.write("precious", "content");
  const std::string planted = open.path("planted");
  const auto refused = [&] { return refusal(os::open_private_file(planted)); };
  SUBCASE("a link to a file") {
    REQUIRE(symlink(precious.c_str(), planted.c_str()) == 0);
    CHECK(says(refused(), "symbolic link"));
  }
  SUBCASE("a link to where a file could be made") {
    REQUIRE(symlink("made", planted.c_str()) == 0);
    CHECK(says(refused(), "symbolic link"));
    CHECK_FALSE(std::filesystem::exists(open.path("made")));
  }
  SUBCASE("a second name of a file") {
    REQUIRE(link(precious.c_str(), planted.c_str()) == 0);
    CHECK(says(refused(), "second name"));
  }
  SUBCASE("a FIFO, which could hold us up") {
    REQUIRE(mkfifo(planted.c_str(), 0600) == 0);
    CHECK(says(refused(), "not an ordinary file"));
  }
  SUBCASE("a file of another user") {
    open.write("planted", "1");
    if (chown(planted.c_str(), 54321, 54321) != 0) return;
    // Where the kernel protects such files itself, it says no first.
    const auto opened = os::open_private_file(planted);
    CHECK_FALSE(opened);
  }
  CHECK(std::filesystem::file_size(precious) == 7);
}
