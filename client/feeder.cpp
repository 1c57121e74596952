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

Result<Answer> feed_once(Connection& connection, const request::Feed& feed, int stop) {
  if (auto sent = connection.send(feed); !sent) return sent.error();
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

Result<Answer> feed_until_answered(Connection& connection, const request::Feed& feed, int stop) {
  Result<Answer> answer = Answer::try_again;
  while (answer && *answer == Answer::try_again) answer = feed_once(connection, feed, stop);
  return answer;
}

}  // namespace

Result<FeedEnd> feed_job(Connection& connection, JobId job, InputReader& reader, int stop, FeedCount& count) {
  for (;;) {
    auto batch = reader.next(stop);
    if (!batch) return batch.error();
    if (is_readable(stop)) return FeedEnd::stopped;
    if (batch->count == 0 && !batch->last) continue;
    const request::Feed feed{job, std::move(batch->inputs), batch->last};
    const auto answer = feed_until_answered(connection, feed, stop);
    if (!answer) return answer.error();
    if (*answer == Answer::stopped) return FeedEnd::stopped;
    if (*answer == Answer::job_ended) return FeedEnd::job_ended;
    count.inputs += batch->count;
    if (!batch->last) continue;
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
  static_cast<void>(feed_until_answered(connection_, request::Feed{job, {}, true}, stop_.descriptor()));
}

std::optional<Error> Feeder::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace procpool::client
