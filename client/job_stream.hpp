#pragma once

#include <chrono>
#include <optional>

#include "client/connection.hpp"
#include "client/feeder.hpp"
#include "client/job_guard.hpp"
#include "client/progress.hpp"
#include "client/result_printer.hpp"
#include "common/protocol/request.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// What goes on beside the results of a job; each may be absent.
struct Companions {
  const Feeder* feeder = nullptr;
  const FeedCount* fed = nullptr;
  Progress* progress = nullptr;
  const JobGuard* guard = nullptr;
  std::optional<std::chrono::steady_clock::time_point> deadline;
};

enum class StreamEnd {
  complete,      // the job has ended and its last result is printed
  out_of_time,   // the deadline came first
  inputs_failed  // the feeder has given up
};

/// Prints the results of a job from the cursor of `get` on, and moves that behind what
/// it has printed: after a failure somebody may go on from there. Meanwhile it looks after
/// the companions, and after standard output: when its reader goes away, so do we.
Result<StreamEnd> stream_results(Connection& connection, request::Get& get, ResultPrinter& printer,
                                 const Companions& companions);

/// Waits for the next reply of a single call in the same way: nothing if the deadline
/// came first.
Result<std::optional<protocol::Reply>> receive_attentively(Connection& connection,
                                                           const Companions& companions);

}  // namespace procpool::client
