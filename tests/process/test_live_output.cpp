// Live output: what the worker writes down while a command prints, as the daemon reads it.

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/pool/live_output.hpp"
#include "daemon/worker/live_output.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool;
using procpool::pool::read_live_output;

namespace {

constexpr std::uint64_t plenty = 1 << 20;

struct Place {
  test::TemporaryDirectory directory;
  std::string spool = directory.path("6-40.spool");
  std::string path = live_output::path_of(spool, OutputStream::out);

  std::optional<pool::Printed> read(std::uint64_t after, std::uint64_t most = plenty) const {
    return read_live_output(spool, OutputStream::out, 41, after, most);
  }
};

}  // namespace

TEST_CASE("what was printed can be read from any byte on, and of this task alone") {
  const Place place;
  worker::LiveOutput live(place.path, 41, plenty);
  CHECK_FALSE(place.read(0));
  live.add("hello ");
  live.add("world");
  CHECK(place.read(0)->bytes == "hello world");
  CHECK(place.read(6)->bytes == "world");
  CHECK(place.read(6)->from == 6);
  CHECK(place.read(6, 2)->bytes == "wo");
  CHECK(place.read(11)->bytes.empty());
  CHECK(place.read(1000)->bytes.empty());
  CHECK(place.read(1000)->from == 1000);
  CHECK_FALSE(read_live_output(place.spool, OutputStream::out, 40, 0, plenty));
  CHECK_FALSE(read_live_output(place.spool, OutputStream::err, 41, 0, plenty));
  worker::remove_live_output(place.spool);
  CHECK_FALSE(place.read(0));
}

TEST_CASE("of what is printed without end the last part is there, and no more of the disk is taken") {
  const Place place;
  constexpr std::uint64_t limit = 64 << 10;
  worker::LiveOutput live(place.path, 41, limit);
  std::string all;
  for (int line = 0; all.size() < 4'000'000; ++line) {
    const std::string text = "line " + std::to_string(line) + "\n";
    all += text;
    live.add(text);
  }
  const auto printed = place.read(0);
  REQUIRE(printed);
  CHECK(printed->bytes.size() >= limit / 2);
  CHECK(printed->bytes.size() <= limit);
  CHECK(printed->bytes == all.substr(printed->from));
  struct stat found {};
  REQUIRE(stat(place.path.c_str(), &found) == 0);
  CHECK(static_cast<std::uint64_t>(found.st_blocks) * 512 <= 2 * limit);
}

TEST_CASE("where it cannot be written, the command goes on and nobody sees it come") {
  const Place place;
  worker::LiveOutput live(place.directory.path("none/there"), 41, plenty);
  live.add("hello");
  live.add("world");
  CHECK_FALSE(place.read(0));
}

TEST_CASE("a file that is none of the worker's is not read") {
  const Place place;
  place.directory.write("6-40.spool.out", "short");
  CHECK_FALSE(place.read(0));
  REQUIRE(symlink("/etc/passwd", (place.spool + ".err").c_str()) == 0);
  CHECK_FALSE(read_live_output(place.spool, OutputStream::err, 41, 0, plenty));
}
