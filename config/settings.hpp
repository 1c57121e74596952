#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "common/job/pool_spec.hpp"
#include "common/log_level.hpp"
#include "common/result.hpp"

/// Every setting of the daemon with its default. The file format is TOML; the
/// commented file procpoold.toml beside this one is the reference, and a test holds
/// the two together.
namespace procpool::config {

/// `[limits]`: each bound has a name here, an answer for who meets it, and a counter.
struct Limits {
  std::uint64_t message_bytes = 64ULL << 20;  // one message of a client or a worker
  std::uint64_t connections = 512;            // in all
  std::uint64_t connections_per_user = 256;
  std::uint64_t queued_tasks = 10'000'000;  // that have not ended, in all jobs
  std::uint64_t queued_bytes = 1ULL << 30;  // of their inputs
  std::uint64_t window_tasks = 65'536;      // of one attached job: fed and not yet delivered
  std::uint64_t window_bytes =
      32ULL << 20;                          // of one attached job: inputs that wait and results not delivered
  std::uint64_t kept_jobs = 10'000;         // ended jobs whose results are kept
  std::uint64_t kept_bytes = 256ULL << 20;  // of their results
  Seconds kept_time{0};                     // since a job has ended; 0: any age
  std::uint64_t history_jobs = 1000;        // ended jobs of which nothing but the record is kept
  std::uint64_t history_bytes = 32ULL << 20;  // of attached jobs, that wait to be recorded
  std::uint64_t capture_bytes = 4ULL << 20;   // kept of each of stdout and stderr of a command
  Seconds half_message{10};                   // to finish a message that was begun
  std::int64_t json_depth = 128;              // of one message of a client [levels]
  std::uint64_t unsent_bytes = 256ULL << 10;  // that wait for one connection, beyond one value
  Seconds unsent_time{3600};                  // for a connection to take some of what waits for it
  std::uint64_t disk_free = 16ULL << 20;      // that must be left where kept jobs are; 0: does not matter

  friend bool operator==(const Limits&, const Limits&) = default;
};

/// `[daemon]`
struct Daemon {
  Seconds stop_timeout{10};         // from SIGTERM until what still runs is cancelled
  Seconds kill_after{5};            // from SIGTERM to SIGKILL for workers that must end
  std::int64_t start_attempts = 5;  // workers of a pool that fail to start in a row before it is broken
  Seconds start_delay{0.1};         // after the first failure; doubles with each
  Seconds start_delay_most{5};
  Seconds start_timeout{60};  // for a worker to say that it is ready
  Seconds callback_timeout{600};
  std::string python = "python3";  // the interpreter of pools of the kind python

  friend bool operator==(const Daemon&, const Daemon&) = default;
};

/// `[access]`: who may connect besides root and the daemon's own user.
struct Access {
  std::vector<uid_t> users;
  std::vector<gid_t> groups;
  bool shared = false;  // does everybody who may connect see and touch all jobs?

  /// May anybody else connect at all?
  bool admits_others() const { return !users.empty() || !groups.empty(); }

  friend bool operator==(const Access&, const Access&) = default;
};

/// `[log]`
struct Log {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::automatic;

  friend bool operator==(const Log&, const Log&) = default;
};

struct Settings {
  Daemon daemon;
  Log log;
  Access access;
  Limits limits;
  /// One pool named `default` of the kind command, with as many workers as CPUs may
  /// be used, unless the file names pools.
  std::vector<PoolSpec> pools;
};

/// The settings without any file.
Settings defaults();

/// Reads one file and nothing else (configuration.hpp: all of them). The error is one
/// line: file, line, column and what is wrong; an unknown key is an error and names the
/// key that may have been meant.
Result<Settings> read_file(const std::string& path);

/// The same from text; `name` stands in messages. Relative paths in it are relative
/// to `directory`.
Result<Settings> read_text(std::string_view text, const std::string& name, const std::string& directory);

}  // namespace procpool::config
