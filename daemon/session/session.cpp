#include "daemon/session/session.hpp"

#include <asio/error.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/system_error.hpp>

#include <chrono>

#include "common/overloaded.hpp"
#include "common/protocol/reply_codec.hpp"
#include "daemon/io/event.hpp"
#include "daemon/log/log.hpp"

namespace procpool::session {
namespace {

/// A client that was told why it is cut off gets this long to read it.
constexpr std::chrono::seconds last_words{2};

io::Clock::duration clock_time(Seconds time) { return std::chrono::duration_cast<io::Clock::duration>(time); }

}  // namespace

/// Writes the answers of one call. A write that fails is not reported: the peer is
/// gone, and that is heard elsewhere.
class Session::Answers : public verbs::Responder {
 public:
  Answers(io::MessageStream& stream, Census& census, bool more, bool oneway)
      : stream_(stream), census_(census), more_(more), oneway_(oneway) {}

  bool wants_more() const override { return more_; }

  asio::awaitable<void> reply(Parts parameters) override {
    return send(protocol::encode_reply(std::move(parameters)));
  }
  asio::awaitable<void> reply_and_continue(Parts parameters) override {
    return send(protocol::encode_reply(std::move(parameters), true));
  }
  asio::awaitable<void> fail(const Error& error) override { return send(protocol::encode_error(error)); }
  asio::awaitable<void> fail(std::string_view full_name, std::string_view parameters) override {
    return send(protocol::encode_error(full_name, parameters));
  }

 private:
  asio::awaitable<void> send(Parts message) {
    if (oneway_) co_return;
    if (const auto sent = stream_.send(std::move(message)); !sent) co_return could_not_send(sent.error());
    if (!stream_.has_unsent()) co_return;
    const Census::Unsent counted(census_, stream_.unsent_bytes());
    if (const auto sent = co_await stream_.flush(); !sent) could_not_send(sent.error());
  }
  /// Who reads no more may still send. Who reads would wait for what does not come.
  void could_not_send(const Error& error) {
    if (error.code() != ErrorCode::connection_lost) stream_.hang_up();
  }

  io::MessageStream& stream_;
  Census& census_;
  bool more_;
  bool oneway_;
};

Session::Session(asio::any_io_executor executor, os::Fd socket, verbs::Caller caller,
                 const config::Limits& limits, Services services, Census& census)
    : stream_(executor, std::move(socket), '\0', {limits.message_bytes, static_cast<int>(limits.json_depth)}),
      limits_(limits),
      caller_(caller),
      services_(services),
      census_(census) {}

asio::awaitable<void> Session::run() {
  using namespace asio::experimental::awaitable_operators;
  struct Farewell {
    Session& session;
    ~Farewell() { session.services_.jobs.session_ended(session.caller_.session); }
  } farewell{*this};
  const auto first =
      co_await (serve() || stream_.peer_gone() ||
                stream_.stalled(clock_time(limits_.half_message), clock_time(limits_.unsent_time)));
  const auto* const stall = std::get_if<2>(&first);
  if (stall == nullptr || !*stall) co_return;
  give_up(**stall == io::MessageStream::Stall::half_message ? Cut::half_message : Cut::reader_stopped);
}

void Session::give_up(Cut why) {
  census_.was_cut(why);
  const std::string whose = "closing a connection of user " + std::to_string(caller_.uid) + ": it ";
  const log::About about{.user = caller_.uid, .event = log::Event::connection_cut};
  switch (why) {
    case Cut::large_message: log::info(whose + "sent a message past limits.message_bytes", about); break;
    case Cut::deep_message: log::info(whose + "sent a message past limits.json_depth", about); break;
    case Cut::many_descriptors:
      log::info(whose + "sent more than " + std::to_string(io::MessageStream::most_descriptors) +
                    " descriptors with one message",
                about);
      break;
    case Cut::half_message:
      log::info(whose + "left a message half sent past limits.half_message", about);
      break;
    case Cut::reader_stopped:
      log::warning(whose + "read nothing for as long as limits.unsent_time, and " +
                       std::to_string(stream_.unsent_bytes()) + " bytes wait for it",
                   about);
      break;
  }
}

asio::awaitable<void> Session::serve() {
  for (;;) {
    const auto message = co_await stream_.receive();
    if (!message && message.error().code() == ErrorCode::too_large) {
      give_up(stream_.had_many_descriptors() ? Cut::many_descriptors : Cut::large_message);
      co_await refuse_and_close(message.error());
      co_return;
    }
    // Such as descriptors that found no room in a daemon that has too many.
    if (!message && message.error().code() == ErrorCode::system) co_await refuse_and_close(message.error());
    if (!message || !*message) co_return;
    if (!co_await answer_one(**message)) co_return;
  }
}

/// False: the stream is beyond repair.
asio::awaitable<bool> Session::answer_one(std::string_view message) {
  const Census::Call counted(census_);
  auto descriptors = stream_.take_descriptors();  // whatever the call is, they are not for the next
  auto call = protocol::decode_call(stream_.check(message));
  stream_.drop_message();
  if (const auto* unreadable = std::get_if<protocol::Unreadable>(&call)) {
    if (unreadable->too_deep) {
      give_up(Cut::deep_message);
      const Error error(ErrorCode::too_large, "a message is nested deeper than the limit of " +
                                                  std::to_string(limits_.json_depth) +
                                                  " levels (limits.json_depth)");
      co_await refuse_and_close(error);
    }
    log::debug("closing a connection: what it sent is no call: " + unreadable->why, {.user = caller_.uid});
    co_return false;
  }
  if (const auto* refusal = std::get_if<protocol::Refusal>(&call)) {
    Answers answers(stream_, census_, false, refusal->oneway);
    co_await answers.fail(refusal->error, refusal->parameters);
    co_return true;
  }
  auto& good = std::get<protocol::Call>(call);
  Answers answers(stream_, census_, good.more, good.oneway);
  verbs::Context context{services_.jobs, services_.pools, services_.daemon,
                         caller_,        answers,         std::move(descriptors)};
  try {
    co_await verbs::answer(context, std::move(good.request));
  } catch (const asio::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;  // the session ends
    log::error(std::string("closing a connection: its call broke down: ") + error.what(),
               {.user = caller_.uid, .event = log::Event::breakdown});
    co_return false;
  } catch (const std::exception& error) {
    log::error(std::string("closing a connection: its call broke down: ") + error.what(),
               {.user = caller_.uid, .event = log::Event::breakdown});
    co_return false;
  }
  co_return true;
}

asio::awaitable<void> Session::refuse_and_close(const Error& error) {
  using namespace asio::experimental::awaitable_operators;
  Answers answers(stream_, census_, false, false);
  co_await answers.fail(error);
  stream_.finish_sending();
  // Closing on unread bytes would take the answer back.
  co_await (stream_.discard() || io::sleep_until(io::Clock::now() + last_words));
}

}  // namespace procpool::session
