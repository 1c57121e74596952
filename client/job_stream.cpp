#include "client/job_stream.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace procpool::client {
namespace {

using Clock = std::chrono::steady_clock;

/// Until when poll(2) may wait. [ms], -1 for ever
int wait_limit(const Companions& companions) {
  constexpr int for_ever = -1;
  int limit = for_ever;
  if (companions.progress != nullptr && companions.progress->wanted())
    limit = static_cast<int>(companions.progress->interval().count());
  if (!companions.deadline) return limit;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*companions.deadline - Clock::now()).count();
  constexpr std::int64_t longest = 1'000'000;
  const int until_deadline = static_cast<int>(std::clamp<std::int64_t>(left, 0, longest));
  return limit == for_ever ? until_deadline : std::min(limit, until_deadline);
}

bool is_over(const Companions& companions) {
  return companions.deadline && Clock::now() >= *companions.deadline;
}
bool inputs_failed(const Companions& companions) {
  return companions.feeder != nullptr && companions.feeder->gave_up();
}

/// Returns when there may be something to do.
void wait_for_news(const Connection& connection, const Companions& companions) {
  const int gave_up = companions.feeder != nullptr ? companions.feeder->gave_up_descriptor() : -1;
  std::array<pollfd, 3> waiting{
      {{connection.descriptor(), POLLIN, 0}, {gave_up, POLLIN, 0}, {STDOUT_FILENO, 0, 0}}};
  poll(waiting.data(), waiting.size(), wait_limit(companions));
  if (waiting[2].revents != 0) Output::leave_if_unread();
}

void show_progress(const ResultPrinter& printer, const Companions& companions) {
  if (companions.progress == nullptr) return;
  Advance advance{printer.taken(), std::nullopt};
  if (companions.fed != nullptr && companions.fed->complete) advance.total = companions.fed->inputs;
  companions.progress->show(advance);
}

}  // namespace

Result<std::optional<protocol::Reply>> receive_attentively(Connection& connection,
                                                           const Companions& companions) {
  for (;;) {
    auto reply = connection.receive_now();
    if (!reply || *reply || is_over(companions) || inputs_failed(companions)) return reply;
    wait_for_news(connection, companions);
    if (companions.progress == nullptr) continue;
    return std::optional<protocol::Reply>();  // time for the bar
  }
}

Result<StreamEnd> stream_results(Connection& connection, request::Get& get, ResultPrinter& printer,
                                 const Companions& companions) {
  bool asked = false;
  for (;;) {
    if (!asked)
      if (auto sent = connection.send(get, true); !sent) return sent.error();
    asked = true;
    const auto received = receive_attentively(connection, companions);
    if (!received) return received.error();
    if (companions.guard != nullptr && companions.guard->interrupted()) printer.hush_cancelled();
    if (*received) {
      const auto reply = expect_success(**received);
      if (!reply) return reply.error();
      const auto results = protocol::decode_results(reply->parameters);
      if (!results) return results.error();
      if (auto taken = printer.take(*results); !taken) return taken.error();
      if (results->done) {
        show_progress(printer, companions);
        return StreamEnd::complete;
      }
      get.after = results->cursor;
      asked = reply->continues;  // a stream that was cut off goes on from its cursor
    } else if (is_over(companions)) {
      return StreamEnd::out_of_time;
    } else if (inputs_failed(companions)) {
      return StreamEnd::inputs_failed;
    }
    show_progress(printer, companions);
  }
}

}  // namespace procpool::client
