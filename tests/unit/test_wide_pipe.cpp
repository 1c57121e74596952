#include <doctest/doctest.h>

#include <fcntl.h>

#include "common/os/channel_pair.hpp"
#include "common/os/wide_pipe.hpp"

using namespace procpool::os;

TEST_CASE("a pipe is widened once, and never narrowed") {
  const Pipe pipe = make_pipe().value();
  CHECK(fcntl(pipe.read.get(), F_GETPIPE_SZ) < wide_pipe);
  widen_pipe(pipe.write.get());
  CHECK(fcntl(pipe.read.get(), F_GETPIPE_SZ) == wide_pipe);
  REQUIRE(fcntl(pipe.read.get(), F_SETPIPE_SZ, 2 * wide_pipe) == 2 * wide_pipe);
  widen_pipe(pipe.write.get());
  CHECK(fcntl(pipe.read.get(), F_GETPIPE_SZ) == 2 * wide_pipe);
}

TEST_CASE("what is no pipe is left alone") {
  widen_pipe(-1);
  const Fd file = open_file("/dev/null", O_WRONLY | O_CLOEXEC);
  widen_pipe(file.get());
  CHECK(fcntl(file.get(), F_GETFD) >= 0);
}
