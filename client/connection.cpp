#include "client/connection.hpp"

#include <utility>

#include "client/way_in.hpp"
#include "common/os/unix_socket.hpp"
#include "common/protocol/request_codec.hpp"

namespace procpool::client {
namespace {

/// The daemon's own limit is a setting; this one only keeps nonsense out.
constexpr std::size_t longest_reply = std::size_t{1} << 30;
constexpr std::size_t read_size = 64 * 1024;

Error lost() { return {ErrorCode::connection_lost, "the daemon went away"}; }

}  // namespace

Connection::Connection(os::Fd socket) : socket_(std::move(socket)), splitter_('\0', longest_reply) {}

Result<Connection> Connection::open(const std::string& path) {
  auto socket = os::connect_to(path);
  if (!socket) return with_way_in(socket.error(), path);
  return Connection(*std::move(socket));
}

Result<void> Connection::send(std::string message, const std::vector<int>& descriptors) {
  message += '\0';
  std::string_view rest = message;
  while (!rest.empty()) {
    const bool is_first = rest.size() == message.size();
    const auto sent = os::send_some(socket_.get(), rest, is_first ? descriptors : std::vector<int>());
    if (!sent && sent.error().code() == ErrorCode::connection_lost) return {};
    if (!sent) return sent.error();
    rest.remove_prefix(*sent);
  }
  return {};
}

Result<void> Connection::send(const request::Any& request, bool more) {
  return send(protocol::encode_call(request, more));
}

Result<std::optional<protocol::Reply>> Connection::receive(Wait wait) {
  const auto blocking = wait == Wait::yes ? os::Blocking::as_the_socket_is : os::Blocking::never;
  for (;;) {
    const auto message = splitter_.next();
    if (!message) return message.error();
    if (*message) {
      auto reply = protocol::decode_reply(**message);
      if (!reply) return reply.error();
      return std::optional(*std::move(reply));
    }
    std::vector<os::Fd> unexpected;  // is closed
    const auto received =
        os::receive_some(socket_.get(), splitter_.prepare(read_size), read_size, unexpected, blocking);
    is_lost_ = received ? received->ended : received.error().code() == ErrorCode::connection_lost;
    if (!received) return received.error();
    if (is_lost_) return lost();
    if (received->bytes == 0 && wait == Wait::no) return std::optional<protocol::Reply>();
    splitter_.commit(received->bytes);
  }
}

Result<protocol::Reply> Connection::receive() {
  auto reply = receive(Wait::yes);
  if (!reply) return reply.error();
  return **std::move(reply);
}

Result<std::optional<protocol::Reply>> Connection::receive_now() { return receive(Wait::no); }

Result<protocol::Reply> Connection::call(const request::Any& request) {
  if (auto sent = send(request); !sent) return sent.error();
  return expect_success(receive());
}

Result<protocol::Reply> expect_success(Result<protocol::Reply> reply) {
  if (reply && !reply->error.empty()) return protocol::to_error(*reply);
  return reply;
}

}  // namespace procpool::client
