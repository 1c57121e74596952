#include "daemon/session/listener.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "common/os/open_files.hpp"
#include "common/os/unix_socket.hpp"
#include "common/protocol/reply_codec.hpp"
#include "daemon/io/event.hpp"
#include "daemon/log/log.hpp"
#include "daemon/session/permission.hpp"

namespace procpool::session {
namespace {

/// So many in a row, then what is at work has its turn: who connects all the time must not
/// keep the daemon from everything else.
constexpr int most_without_pause = 32;
constexpr std::chrono::milliseconds pause_without_descriptors{100};
constexpr std::chrono::minutes between_complaints{1};

/// What accept(2) says of the one connection, which is no more, and not of the socket.
bool is_about_the_connection(int reason) {
  return reason == ECONNABORTED || reason == EINTR || reason == EPERM || reason == EPROTO;
}

/// One that was shut down is readable for ever, and says that nobody is there (EAGAIN).
bool was_shut_down(int socket) {
  pollfd asked{socket, POLLIN, 0};
  return ::poll(&asked, 1, 0) > 0 && (asked.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/// There may be room again.
bool may_pass(int reason) {
  return reason == EMFILE || reason == ENFILE || reason == ENOBUFS || reason == ENOMEM;
}

void log_breakdown(std::exception_ptr broken) {
  if (!broken) return;
  try {
    std::rethrow_exception(broken);
  } catch (const asio::system_error& error) {
    if (error.code() != asio::error::operation_aborted)
      log::error(std::string("a connection broke down: ") + error.what(), {.event = log::Event::breakdown});
  } catch (const std::exception& error) {
    log::error(std::string("a connection broke down: ") + error.what(), {.event = log::Event::breakdown});
  }
}

/// Tells it why, as far as that goes without waiting.
void turn_away(const os::Fd& connection, const Error& error) {
  std::string message = protocol::encode_error(error);
  message.push_back('\0');
  (void)os::send_some(connection.get(), message);
}

}  // namespace

Listener::Listener(asio::any_io_executor executor, std::vector<os::Fd> sockets,
                   const config::Settings& settings, Services services)
    : executor_(executor),
      limits_(settings.limits),
      access_(settings.access),
      services_(services),
      census_(executor, limits_) {
  for (os::Fd& socket : sockets) {
    sockets_.emplace_back(executor, socket.get());
    socket.release();
  }
}

void Listener::close() {
  for (Socket& socket : sockets_) socket.close();
}

asio::awaitable<void> Listener::run() { co_await accept_from(sockets_.begin()); }

/// The others are closed first, so that they end without a word of their own.
void Listener::give_up(const std::string& why) {
  close();
  throw std::runtime_error("cannot accept connections: " + why);
}

/// At this one and those after it.
asio::awaitable<void> Listener::accept_from(std::list<Socket>::iterator socket) {
  using namespace asio::experimental::awaitable_operators;
  const auto following = std::next(socket);
  if (following == sockets_.end()) {
    co_await accept_at(socket);
  } else {
    co_await (accept_at(socket) && accept_from(following));
  }
}

asio::awaitable<void> Listener::accept_at(std::list<Socket>::iterator socket) {
  int without_pause = 0;
  bool woken_for_nothing = false;
  while (socket->is_open()) {
    if (++without_pause >= most_without_pause) {
      without_pause = 0;
      co_await asio::post(executor_, asio::use_awaitable);
      continue;
    }
    os::Fd connection(::accept4(socket->native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection) {
      woken_for_nothing = false;
      welcome(std::move(connection));
    } else if (errno == EAGAIN) {
      if (woken_for_nothing && was_shut_down(socket->native_handle())) give_up("the socket was shut down");
      woken_for_nothing = true;
      without_pause = 0;
      asio::error_code ignored;
      co_await socket->async_wait(asio::posix::descriptor_base::wait_read,
                                  asio::redirect_error(asio::use_awaitable, ignored));
    } else if (const int reason = errno; may_pass(reason)) {
      note_pause(reason);
      co_await io::sleep_until(io::Clock::now() + pause_without_descriptors);
    } else if (!is_about_the_connection(reason)) {
      give_up(std::generic_category().message(reason));
    }
  }
}

void Listener::note_pause(int reason) {
  ++pauses_;
  const auto now = io::Clock::now();
  if (last_complaint_ && now - *last_complaint_ < between_complaints) return;
  last_complaint_ = now;
  log::warning(Error::system("cannot accept connections for the moment", reason).message() + " (" +
                   std::to_string(os::most_open_files()) + " descriptors are allowed)",
               {.event = log::Event::no_descriptors});
}

std::vector<reply::Limit> Listener::describe() const {
  auto limits = census_.describe();
  limits.push_back({"descriptors", os::most_open_files(), os::open_files(), pauses_});
  return limits;
}

void Listener::welcome(os::Fd connection) {
  const auto peer = os::peer_of(connection.get());
  if (!peer) return;
  const uid_t self = ::getuid();
  if (!may_connect(*peer, access_, self)) {
    turn_away(connection, Error(ErrorCode::not_permitted,
                                "user " + std::to_string(peer->uid) +
                                    " may not use this daemon; [access] of its settings says who may, and "
                                    "'procpool --socket PATH' starts one of your own"));
    return;
  }
  if (auto room = census_.enter(peer->uid, may_administer(*peer, self)); !room) {
    turn_away(connection, room.error());
    return;
  }
  const verbs::Caller caller{SessionId{++last_session_}, peer->uid, peer->pid,
                             may_see_all(*peer, access_, self), may_administer(*peer, self)};
  const auto place = sessions_.emplace(sessions_.end());
  asio::co_spawn(executor_, live(std::move(connection), caller),
                 asio::bind_cancellation_slot(place->slot(), [this, place](std::exception_ptr broken) {
                   sessions_.erase(place);
                   log_breakdown(broken);
                 }));
}

void Listener::cut_off() {
  for (auto session = sessions_.begin(); session != sessions_.end();) {
    auto& signal = *session++;  // it may leave the list at once
    signal.emit(asio::cancellation_type::terminal);
  }
}

asio::awaitable<void> Listener::live(os::Fd connection, verbs::Caller caller) {
  struct Leave {
    Census& census;
    uid_t uid;
    ~Leave() { census.leave(uid); }
  } leave{census_, caller.uid};
  Session session(executor_, std::move(connection), caller, limits_, services_, census_);
  co_await session.run();
}

}  // namespace procpool::session
