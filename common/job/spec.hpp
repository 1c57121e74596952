#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/job/halt.hpp"
#include "common/job/process_limits.hpp"
#include "common/job/retry_policy.hpp"
#include "common/job/start.hpp"

namespace procpool {

using Seconds = std::chrono::duration<double>;

/// How a job was asked for. It decides what an input means (`apply` and `starmap`
/// take arrays of arguments, the maps one argument) and what `procpool get` prints.
enum class Verb { apply, map, imap, imap_unordered, starmap, run };

std::string_view name_of(Verb verb);
std::optional<Verb> verb_named(std::string_view name);

/// What the submitter wants to see of the results.
enum class Format { values, records, raw };

std::string_view name_of(Format format);
std::optional<Format> format_named(std::string_view name);

/// A call of something that a worker offers. `kwargs` is a JSON object as text,
/// empty for none: it is carried, not looked into.
struct FunctionCall {
  std::string name;
  std::string kwargs;
};

/// A program with arguments; the placeholders are still in it (placeholders.hpp).
struct Command {
  std::vector<std::string> argv;
  std::string stdin_path;          // empty: /dev/null
  bool uses_caller_stdio = false;  // `run`: three descriptors came with the request
};

/// Shell commands that the daemon runs when something has ended; empty for none.
struct Callbacks {
  std::string on_success;
  std::string on_error;
  std::string on_each;

  bool any() const { return !on_success.empty() || !on_error.empty() || !on_each.empty(); }
};

/// Everything about a job that its submitter says, but its inputs.
struct JobSpec {
  Verb verb = Verb::apply;
  std::variant<FunctionCall, Command> work;
  std::string name;                        // for people; empty for none
  std::string pool;                        // empty: whichever pool can do it
  std::string directory;                   // absolute; of commands and callbacks
  std::vector<std::string> environment;    // "NAME=value"; of commands and callbacks
  int priority = 0;                        // higher goes first
  std::optional<std::uint32_t> chunksize;  // none: adapt to how long tasks take
  std::optional<Seconds> timeout;          // per task
  Seconds kill_after{5};                   // from SIGTERM to SIGKILL
  bool attached = true;                    // ends with its connection; else it is kept
  Format format = Format::values;
  bool pass_outputs = false;  // large ones of commands, by descriptor (passed_output.hpp)
  Callbacks callbacks;
  ProcessLimits limits;  // of each command
  RetryPolicy retry;     // of each task
  std::optional<HaltRule> halt;
  StartConditions start;
  Uniqueness unique;

  bool is_command() const { return std::holds_alternative<Command>(work); }
  /// Is each input the array of all arguments?
  bool takes_argument_arrays() const { return verb == Verb::apply || verb == Verb::starmap; }
};

}  // namespace procpool
