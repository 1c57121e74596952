#include "client/feeder.hpp"

#include <poll.h>

#include <array>
#include <cerrno>
#include <utility>

#include "common/json/object_reader.hpp"

namespace procpool::client {
namespace {

/// Waits for a reply; nothing if it was told to stop.
Result<std::optional<protocol::Reply>> receive_or_stop(Connection& connection, int stop) {
  for (;;) {
    auto reply = connection.receive_now();
    if (!reply || *reply) return reply;
    std::array<pollfd, 2> waiting{{{connection.descriptor(), POLLIN, 0}, {stop, POLLIN, 0}}};
    poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) return std::optional<protocol::Reply>();
  }
}

bool is_readable(int descriptor) {
  pollfd waiting{descriptor, POLLIN, 0};
  return poll(&waiting, 1, 0) > 0;
}

enum class Answer { accepted, try_again, job_ended, stopped };

Result<Answer> receive_answer(Connection& connection, int stop) {
  const auto received = receive_or_stop(connection, stop);
  if (!received) return received.error();
  if (!*received) return Answer::stopped;
  const auto reply = expect_success(**received);
  // A job that has ended and is forgotten already.
  if (!reply && reply.error().code() == ErrorCode::no_such_job) return Answer::job_ended;
  if (!reply) return reply.error();
  json::ObjectReader in(reply->parameters);
  if (in.optional_bool("ended").value_or(false)) return Answer::job_ended;
  return in.optional_bool("accepted").value_or(false) ? Answer::accepted : Answer::try_again;
}

/// The answer to a feed that was sent, which is sent again as long as there is no room.
Result<Answer> final_answer(Connection& connection, const request::Feed& feed, int stop) {
  for (;;) {
    const auto answer = receive_answer(connection, stop);
    if (!answer || *answer != Answer::try_again) return answer;
    if (auto sent = connection.send(feed); !sent) return sent.error();
  }
}

}  // namespace

Result<FeedEnd> feed_job(Connection& connection, JobId job, InputReader& reader, int stop, FeedCount& count) {
  for (auto batch = reader.next(stop);;) {
    if (!batch) return batch.error();
    if (is_readable(stop)) return FeedEnd::stopped;
    if (batch->count == 0 && !batch->last) {
      batch = reader.next(stop);
      continue;
    }
    const std::size_t inputs = batch->count;
    const request::Feed feed{job, std::move(batch->inputs), batch->last};
    if (auto sent = connection.send(feed); !sent) return sent.error();
    // The next ones are made ready while the daemon takes these in, but nothing is waited for.
    if (!feed.last) batch = reader.next_at_once();
    const auto answer = final_answer(connection, feed, stop);
    if (!answer) return answer.error();
    if (*answer == Answer::stopped) return FeedEnd::stopped;
    if (*answer == Answer::job_ended) return FeedEnd::job_ended;
    count.inputs += inputs;
    if (!feed.last) continue;
    count.complete = true;
    return FeedEnd::complete;
  }
}

Feeder::Feeder(Connection connection, Wake stop, Wake gave_up, AfterFailure after_failure)
    : connection_(std::move(connection)),
      stop_(std::move(stop)),
      gave_up_(std::move(gave_up)),
      after_failure_(after_failure) {}

Result<std::unique_ptr<Feeder>> Feeder::start(Connection connection, JobId job, InputReader& reader,
                                              FeedCount& count, AfterFailure after_failure) {
  auto stop = Wake::make();
  if (!stop) return stop.error();
  auto gave_up = Wake::make();
  if (!gave_up) return gave_up.error();
  std::unique_ptr<Feeder> feeder(
      new Feeder(std::move(connection), *std::move(stop), *std::move(gave_up), after_failure));
  feeder->thread_ =
      std::thread([feeder = feeder.get(), job, &reader, &count] { feeder->run(job, reader, count); });
  return feeder;
}

Feeder::~Feeder() {
  stop_.wake();
  if (thread_.joinable()) thread_.join();
}

void Feeder::run(JobId job, InputReader& reader, FeedCount& count) {
  const auto end = feed_job(connection_, job, reader, stop_.descriptor(), count);
  if (end) return;
  {
    const std::lock_guard lock(mutex_);
    failure_ = end.error();
  }
  if (after_failure_ == AfterFailure::give_up) return gave_up_.wake();
  // What came before goes on. If nobody hears this, the results have ended as well.
  const request::Feed last{job, {}, true};
  if (connection_.send(last)) static_cast<void>(final_answer(connection_, last, stop_.descriptor()));
}

std::optional<Error> Feeder::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace procpool::client
