#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/ids.hpp"
#include "common/job/record.hpp"
#include "common/job/spec.hpp"
#include "common/json/view.hpp"
#include "common/result.hpp"
#include "common/text.hpp"

/// The messages between the daemon and a worker, one JSON object a line. The page
/// that defines them is worker.md beside this file. Lines here have no '\n'.
namespace procpool::worker_message {

// ---- from the daemon ----------------------------------------------------------

/// What a job's commands are; comes before the first batch of the job. This is how the
/// daemon says it.
struct JobOrder {
  JobId id;
  const JobSpec& spec;  // of a command
  std::uint64_t capture = 0;
  bool pass_outputs = false;
};

/// And this is what the worker hears.
struct Job {
  JobId id;
  Command command;
  std::string directory;
  std::vector<std::string> environment;
  std::optional<Seconds> timeout;
  Seconds kill_after{5};
  std::uint64_t capture = 0;  // bytes kept of each of stdout and stderr, per task
  ProcessLimits limits;       // of each command; where there is none, the pool's
  bool pass_outputs{};        // the submitter's socket for large ones comes with each batch
};

/// Consecutive tasks of a job. `inputs` is a JSON array; for commands of strings or
/// nulls, or of base64 strings if `base64` is set.
struct Batch {
  std::int64_t number = 0;
  JobId job;
  std::uint64_t first = 0;
  int attempt = 1;
  std::string_view function;  // empty for commands
  Slice inputs;
  bool base64 = false;
  bool star = false;
  std::string_view kwargs;  // JSON object; empty for none
  bool measure = false;
  std::string_view spool{};  // of commands: an absolute path (spool.hpp); empty for none
};

/// One task for a worker that does not take batches.
struct Task {
  std::int64_t number = 0;
  JobId job;
  std::uint64_t index = 0;
  int attempt = 1;
  std::string_view function;
  Slice argument;  // one value, or an array of them with `star`
  bool star = false;
  std::string_view kwargs;
};

struct Cancel {
  std::int64_t number = 0;
  std::string signal;  // "TERM"
  Seconds kill_after{5};
  std::string reason;
};

struct Signal {
  std::int64_t number = 0;
  std::string name;  // "INT"
};

std::string encode(const JobOrder& message);
Parts encode(const Batch& message);
Parts encode(const Task& message);
std::string encode(const Cancel& message);
std::string encode(const Signal& message);

/// What a worker written in C++ reads. Owns its text, as a worker keeps it.
struct ReceivedBatch {
  std::int64_t number = 0;
  JobId job;
  std::uint64_t first = 0;
  int attempt = 1;
  std::string function;
  std::vector<std::string> inputs;  // each one JSON value
  bool base64 = false;
  bool star = false;
  std::string kwargs;
  bool measure = false;
  std::string spool;
};

using FromDaemon = std::variant<Job, ReceivedBatch, Cancel, Signal>;
Result<FromDaemon> decode_from_daemon(std::string_view line);

// ---- from the worker ----------------------------------------------------------

/// What it offers.
struct Ready {
  std::vector<std::string> functions;
  bool batches = false;
  bool commands = false;
  bool outbox = false;      // a descriptor of it comes with the line's first byte
  bool gives_back = false;  // the daemon may take back by it what has not begun
};

/// Why it cannot start.
struct StartFailed {
  TaskError error;
};

/// The next tasks of a batch succeeded, or the one task of a worker that takes no batches.
/// The view lives as long as the line. `measures` is empty or has one for each task.
struct Succeeded {
  std::int64_t number = 0;
  std::uint64_t count = 0;
  json::View values;  // of a batch: an array, of whose elements the last `count` are the values
  bool is_of_batch = true;
  std::vector<Measures> measures;
  std::uint64_t passed{};  // bytes of output that went to the submitter

  /// The values, joined by commas. What is large stays where it is (common/text.hpp).
  Text joined_values() const;
};

/// The next task of a batch ended in another way.
struct Ended {
  std::int64_t number = 0;
  TaskState state = TaskState::failed;
  TaskError error;
  std::string_view value;  // JSON; empty for none
  Measures measures;
  std::uint64_t passed{};
};

/// So many tasks at the end of a batch were never begun.
struct Dropped {
  std::int64_t number = 0;
  std::uint64_t count = 0;
};

using FromWorker = std::variant<Ready, StartFailed, Succeeded, Ended, Dropped>;
Result<FromWorker> decode_from_worker(std::string_view line);
/// The same for a line that has been checked.
Result<FromWorker> decode_from_worker(const Result<json::View>& checked);

std::string encode(const Ready& message);
std::string encode(const StartFailed& message);
/// Values as JSON texts: what a worker has is not yet a checked view.
std::string encode_succeeded(std::int64_t number, const std::vector<std::string>& values,
                             const std::vector<Measures>& measures, std::uint64_t passed = 0);
std::string encode(const Ended& message);
std::string encode(const Dropped& message);

}  // namespace procpool::worker_message
