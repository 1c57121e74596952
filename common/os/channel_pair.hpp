#pragma once

#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::os {

struct Pipe {
  Fd read;
  Fd write;
};

/// pipe2(2), close-on-exec, blocking.
Result<Pipe> make_pipe();

struct ChannelPair {
  Fd ours;    // non-blocking
  Fd theirs;  // blocking: it becomes somebody's standard input and output
};

/// A pair of connected stream sockets (AF_UNIX), close-on-exec.
Result<ChannelPair> make_channel_pair();

/// The same of sockets that keep messages apart (SOCK_SEQPACKET). What was sent from `theirs`
/// and not received takes at most about `waiting`, counted with what the kernel needs
/// for each message. [bytes]
Result<ChannelPair> make_message_pair(int waiting);

}  // namespace procpool::os
