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

}  // namespace

/// Writes the answers of one call. A write that fails is not reported: the peer is
/// gone, and that is heard elsewhere.
class Session::Answers : public verbs::Responder {
 public:
  Answers(io::MessageStream& stream, bool more, bool oneway)
      : stream_(stream), more_(more), oneway_(oneway) {}

  bool wants_more() const override { return more_; }

  asio::awaitable<void> reply(std::string_view parameters) override {
    return send(protocol::encode_reply(parameters));
  }
  asio::awaitable<void> reply_and_continue(std::string_view parameters) override {
    return send(protocol::encode_reply(parameters, true));
  }
  asio::awaitable<void> fail(const Error& error) override { return send(protocol::encode_error(error)); }
  asio::awaitable<void> fail(std::string_view full_name, std::string_view parameters) override {
    return send(protocol::encode_error(full_name, parameters));
  }

 private:
  asio::awaitable<void> send(std::string text) {
    if (oneway_) co_return;
    (void)stream_.send(text);
    if (stream_.has_unsent()) (void)co_await stream_.flush();
  }

  io::MessageStream& stream_;
  bool more_;
  bool oneway_;
};

Session::Session(asio::any_io_executor executor, os::Fd socket, verbs::Caller caller,
                 const config::Limits& limits, Services services, Census& census)
    : stream_(executor, std::move(socket), '\0', limits.message_bytes),
      half_message_(std::chrono::duration_cast<io::Clock::duration>(limits.half_message)),
      caller_(caller),
      services_(services),
      census_(census) {}

asio::awaitable<void> Session::run() {
  using namespace asio::experimental::awaitable_operators;
  struct Farewell {
    Session& session;
    ~Farewell() { session.services_.jobs.session_ended(session.caller_.session); }
  } farewell{*this};
  co_await (serve() || stream_.peer_gone() || stream_.half_message_for(half_message_));
}

asio::awaitable<void> Session::serve() {
  for (;;) {
    const auto message = co_await stream_.receive();
    if (!message && message.error().code() == ErrorCode::too_large) {
      co_await refuse_and_close(message.error());
      co_return;
    }
    if (!message || !*message) co_return;
    if (!co_await answer_one(**message)) co_return;
  }
}

/// False: the stream is beyond repair.
asio::awaitable<bool> Session::answer_one(std::string_view message) {
  const Census::Call counted(census_);
  auto call = protocol::decode_call(message);
  if (const auto* unreadable = std::get_if<protocol::Unreadable>(&call)) {
    log::debug("closing a connection: what it sent is no call: " + unreadable->why);
    co_return false;
  }
  if (const auto* refusal = std::get_if<protocol::Refusal>(&call)) {
    Answers answers(stream_, false, refusal->oneway);
    co_await answers.fail(refusal->error, refusal->parameters);
    co_return true;
  }
  auto& good = std::get<protocol::Call>(call);
  Answers answers(stream_, good.more, good.oneway);
  verbs::Context context{services_.jobs, services_.pools, services_.daemon,
                         caller_,        answers,         stream_.take_descriptors()};
  try {
    co_await verbs::answer(context, std::move(good.request));
  } catch (const asio::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;  // the session ends
    log::error(std::string("closing a connection: its call broke down: ") + error.what());
    co_return false;
  } catch (const std::exception& error) {
    log::error(std::string("closing a connection: its call broke down: ") + error.what());
    co_return false;
  }
  co_return true;
}

asio::awaitable<void> Session::refuse_and_close(const Error& error) {
  using namespace asio::experimental::awaitable_operators;
  Answers answers(stream_, false, false);
  co_await answers.fail(error);
  stream_.finish_sending();
  // Closing on unread bytes would take the answer back.
  co_await (stream_.discard() || io::sleep_until(io::Clock::now() + last_words));
}

}  // namespace procpool::session
