#include "client/connection.hpp"

#include <poll.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "client/way_in.hpp"
#include "common/protocol/request_codec.hpp"

namespace procpool::client {
namespace {

/// The daemon's own limit is a setting; this one only keeps nonsense out.
constexpr std::size_t longest_reply = std::size_t{1} << 30;
constexpr std::size_t read_size = 32 * 1024;

Error lost() { return {ErrorCode::connection_lost, "the daemon went away"}; }
Error silent() {
  return {ErrorCode::timed_out, "the daemon has not answered in time; it is too busy, or stands still"};
}

/// False if the time comes first. What is there by the time that somebody looks is in time.
bool wait_until(int descriptor, short events, std::chrono::steady_clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  constexpr std::int64_t longest = 1'000'000;
  pollfd waiting{descriptor, events, 0};
  const auto limit = std::clamp<std::int64_t>(left.count(), 0, longest);
  return poll(&waiting, 1, static_cast<int>(limit)) > 0 || left.count() > 0;
}

}  // namespace

Connection::Connection(os::Fd socket) : socket_(std::move(socket)), splitter_('\0', longest_reply) {}

Result<Connection> Connection::open(const std::string& path, os::Blocking blocking) {
  auto socket = os::connect_to(path, blocking);
  if (!socket) return with_way_in(socket.error(), path);
  return Connection(*std::move(socket));
}

Result<void> Connection::send(std::string message, const std::vector<int>& descriptors,
                              const Wait& until_room) {
  const os::Blocking blocking = until_room ? os::Blocking::never : os::Blocking::as_the_socket_is;
  message += '\0';
  std::string_view rest = message;
  while (!rest.empty()) {
    const bool is_first = rest.size() == message.size();
    const auto sent =
        os::send_some(socket_.get(), rest, is_first ? descriptors : std::vector<int>(), blocking);
    if (!sent && sent.error().code() == ErrorCode::connection_lost) return {};
    if (!sent) return sent.error();
    if (*sent == 0 && !until_room()) return silent();
    rest.remove_prefix(*sent);
  }
  return {};
}

Result<void> Connection::send(const request::Any& request, bool more) {
  return send(protocol::encode_call(request, more));
}

Result<std::optional<protocol::Reply>> Connection::receive_next(const Wait& until_readable) {
  for (;;) {
    const auto message = splitter_.next();
    if (!message) return message.error();
    if (*message) {
      received_ = std::make_unique<json::LargeText>(protocol::depth_of_reply);
      auto reply = protocol::decode_reply(received_->finish(**message, nullptr));
      if (!reply) return reply.error();
      return std::optional(*std::move(reply));
    }
    if (until_readable && !until_readable()) return silent();
    std::vector<os::Fd> unexpected;  // is closed
    const auto received = os::receive_some(socket_.get(), splitter_.prepare(read_size), read_size, unexpected,
                                           os::Blocking::never);
    is_lost_ = received ? received->ended : received.error().code() == ErrorCode::connection_lost;
    if (!received) return received.error();
    if (is_lost_) return lost();
    if (received->bytes == 0 && !until_readable) return std::optional<protocol::Reply>();
    splitter_.commit(received->bytes);
  }
}

Result<std::optional<protocol::Reply>> Connection::receive_now() { return receive_next(nullptr); }

Result<protocol::Reply> Connection::receive(const Wait& until_readable) {
  auto reply = receive_next(until_readable);
  if (!reply) return reply.error();
  return **std::move(reply);
}

Result<protocol::Reply> Connection::receive() {
  return receive([this] {
    os::sleep_until_readable(socket_.get());
    return true;
  });
}

Result<protocol::Reply> Connection::call(const request::Any& request, const std::vector<int>& descriptors) {
  if (auto sent = send(protocol::encode_call(request, false), descriptors); !sent) return sent.error();
  return expect_success(receive());
}

Result<protocol::Reply> Connection::call_until(const request::Any& request,
                                               std::chrono::steady_clock::time_point end) {
  const auto waits = [&](short events) {
    return [=, this] { return wait_until(socket_.get(), events, end); };
  };
  if (auto sent = send(protocol::encode_call(request, false), {}, waits(POLLOUT)); !sent) return sent.error();
  return expect_success(receive(waits(POLLIN)));
}

Result<protocol::Reply> expect_success(Result<protocol::Reply> reply) {
  if (reply && !reply->error.empty()) return protocol::to_error(*reply);
  return reply;
}

}  // namespace procpool::client
