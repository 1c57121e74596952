#include "client/verbs/waiting.hpp"

#include <algorithm>

#include "common/json/object_reader.hpp"

namespace procpool::client {
namespace {

constexpr Seconds longest_slice{25};
constexpr std::chrono::seconds grace{1};

}  // namespace

Deadline::Deadline(const std::optional<Seconds>& timeout) {
  using Clock = std::chrono::steady_clock;
  if (timeout) time_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(*timeout);
}

bool Deadline::passed() const { return time_ && std::chrono::steady_clock::now() >= *time_; }

Seconds Deadline::slice() const {
  if (!time_) return longest_slice;
  return std::clamp(Seconds(*time_ - std::chrono::steady_clock::now()), Seconds(0), longest_slice);
}

Result<protocol::Reply> Deadline::call(Connection& connection, const request::Any& request) const {
  if (!time_) return connection.call(request);
  return connection.call_until(request, std::max(*time_, std::chrono::steady_clock::now()) + grace);
}

Result<Waited> wait_for_jobs(Connection& connection, const std::vector<JobId>& jobs, WaitFor wanted,
                             const Deadline& deadline) {
  for (;;) {
    const bool last_try = deadline.slice() == Seconds(0);
    const auto reply =
        deadline.call(connection, request::Wait{jobs, wanted == WaitFor::any, deadline.slice()});
    if (!reply) return reply.error();
    json::ObjectReader in(reply->parameters);
    // What the daemon says about a job that has ended is a whole Job; only its id matters.
    Waited waited;
    if (const auto done = in.optional_array("done"))
      for (const json::View job : done->elements()) {
        json::ObjectReader members(job);
        waited.done.push_back(members.integer("id", 0, INT64_MAX));
      }
    waited.pending = in.optional_ints("pending").value_or(std::vector<std::int64_t>{});
    const bool satisfied = waited.pending.empty() || (wanted == WaitFor::any && !waited.done.empty());
    if (satisfied || last_try || deadline.passed()) return waited;
  }
}

}  // namespace procpool::client
