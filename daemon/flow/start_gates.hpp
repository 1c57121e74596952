#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "common/ids.hpp"
#include "common/job/spec.hpp"
#include "common/job/state.hpp"
#include "daemon/io/event.hpp"

namespace procpool::flow {

/// The jobs that may not start yet, and what each of them waits for.
///
///     gate    | what leads out of it
///     --------+---------------------------------------------------------------------
///     jobs    | the last job that it waits for has ended as it must: time
///             | one has ended in another way: the gate will never open
///     time    | the delay is over and the time of day has come: open
///
/// A gate that opens, or never will, is told once, and is gone. So is one whose job has
/// ended meanwhile.
class StartGates {
 public:
  /// How a job has ended; nothing as long as it has not.
  using HowEnded = std::function<std::optional<TaskState>(JobId)>;
  using Opens = std::function<void(JobId)>;
  using NeverOpens = std::function<void(JobId, const std::string& reason)>;

  StartGates(asio::any_io_executor executor, HowEnded how_ended, Opens opens, NeverOpens never_opens)
      : executor_(std::move(executor)),
        how_ended_(std::move(how_ended)),
        opens_(std::move(opens)),
        never_opens_(std::move(never_opens)) {}

  /// The job waits until all of `start` is true; `waited` of its delay is over. Told in a
  /// later turn of the loop, not within the call.
  void add(JobId job, const StartConditions& start, std::chrono::duration<double> waited);
  /// Its gate does not matter any more.
  void remove(JobId job);
  /// Gates that wait for it note how, and look again: it may be forgotten before their turn.
  void ended(JobId job, TaskState how);

  /// In words; empty if it waits for nothing.
  std::string waits_for(JobId job) const;

 private:
  struct Gate {
    explicit Gate(asio::any_io_executor executor) : changed(std::move(executor)) {}
    StartConditions start;
    std::map<JobId, TaskState> ended;  // of those that it waits for
    io::Clock::time_point delayed_until;
    std::string waits_for;
    bool is_removed = false;
    io::Event changed;
  };

  asio::awaitable<void> wait(JobId job, std::shared_ptr<Gate> gate);
  asio::awaitable<void> wait_for_time(std::shared_ptr<Gate> gate);
  asio::awaitable<void> removed(std::shared_ptr<Gate> gate);
  /// Nothing: not yet all of them. Else why it can never be true, or empty.
  std::optional<std::string> look_at_jobs(Gate& gate) const;
  /// What was known once stays known.
  std::optional<TaskState> look_at(JobId job, Gate& gate) const;

  asio::any_io_executor executor_;
  HowEnded how_ended_;
  Opens opens_;
  NeverOpens never_opens_;
  std::map<JobId, std::shared_ptr<Gate>> gates_;
};

}  // namespace procpool::flow
