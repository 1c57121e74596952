#include "common/os/channel_pair.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace procpool::os {

namespace {

Result<ChannelPair> make_pair(int type) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) < 0)
    return Error::system("cannot create a pair of sockets", errno);
  ChannelPair pair{Fd(ends[0]), Fd(ends[1])};
  // The flag belongs to the end, not to the pair: the other one stays blocking.
  if (fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK) < 0)
    return Error::system("cannot make a socket non-blocking", errno);
  return pair;
}

}  // namespace

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) < 0) return Error::system("cannot create a pipe", errno);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<ChannelPair> make_channel_pair() { return make_pair(SOCK_STREAM); }

Result<ChannelPair> make_message_pair(int waiting) {
  auto pair = make_pair(SOCK_SEQPACKET);
  if (pair && setsockopt(pair->theirs.get(), SOL_SOCKET, SO_SNDBUF, &waiting, sizeof waiting) < 0)
    return Error::system("cannot bound what a socket holds", errno);
  return pair;
}

}  // namespace procpool::os
