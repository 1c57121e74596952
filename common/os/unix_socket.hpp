#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::os {

/// A path longer than this cannot be bound or connected to (unix(7)). [bytes]
inline constexpr std::size_t longest_socket_path = 107;

/// An error if there can be no socket at such a path.
Result<void> check_socket_path(const std::string& path);

/// Wait, or do not, whatever the socket's own flag says.
enum class Blocking { as_the_socket_is, never };

/// Connects to the stream socket at `path`, which then is blocking. `never` is for the
/// connecting alone: EAGAIN if as many wait to be accepted as the listener lets wait.
Result<Fd> connect_to(const std::string& path, Blocking blocking = Blocking::as_the_socket_is);

/// Binds and listens at `path`, where the file gets this mode at once; non-blocking. An
/// existing socket there is replaced: the caller must hold the lock that says nobody
/// serves it. Anything else in the way is an error.
Result<Fd> listen_at(const std::string& path, int backlog, mode_t mode = 0600);

/// Who was on the other side when it connected, as the kernel knows it (SO_PEERCRED,
/// SO_PEERGROUPS).
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // the supplementary ones
  pid_t pid = 0;              // for log lines only
};
Result<Peer> peer_of(int socket);

/// sendmsg(2) with descriptors on the first byte; MSG_NOSIGNAL. Returns the bytes
/// sent, 0 when the socket is full and does not block.
Result<std::size_t> send_some(int socket, std::string_view bytes, const std::vector<int>& descriptors = {},
                              Blocking blocking = Blocking::as_the_socket_is);

/// recvmsg(2). Descriptors that came along are appended to `descriptors`,
/// close-on-exec. `ended` is set at the end of the stream; nothing received and not
/// ended: there is nothing now. `unread_was_lost`: at its end the other side had not read
/// all that we had sent (told once, and not where a failed send has told it already).
struct Received {
  std::size_t bytes = 0;
  bool ended = false;
  bool unread_was_lost = false;
};
Result<Received> receive_some(int socket, char* buffer, std::size_t size, std::vector<Fd>& descriptors,
                              Blocking blocking = Blocking::as_the_socket_is);

/// Until a receive would not wait. Who sleeps in recvmsg(2) itself is also woken when the
/// other side reads what he has sent, for nothing: both wait in the socket's one queue, and
/// only poll(2) says for what.
void sleep_until_readable(int socket);

}  // namespace procpool::os
