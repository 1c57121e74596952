#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/ids.hpp"
#include "common/job/spec.hpp"
#include "common/protocol/request.hpp"

/// What the command line can say, as types. Nothing behind command_line.hpp looks at
/// an argument again.
namespace procpool::client {

enum class Color { automatic, always, never };
enum class Verbosity { quiet, normal, verbose };

/// Options that every verb takes.
struct Globals {
  std::string socket;  // empty: the usual place
  bool json = false;
  bool autostart = true;
  Color color = Color::automatic;
  Verbosity verbosity = Verbosity::normal;
};

/// Where the inputs of a map come from.
struct GivenInputs {
  std::vector<std::string> inputs;  // what stood after ":::"
};
struct InputFiles {
  std::vector<std::string> paths;  // "-" is the standard input
  char separator = '\n';
};
using InputSource = std::variant<GivenInputs, InputFiles>;

/// What one input, or one argument of a function, means.
enum class InputMeaning {
  command_argument,  // bytes
  json_or_text,      // JSON if it parses as JSON, else the string
  text,
  json,
  argument_array,  // a JSON array of arguments (starmap)
};

enum class ProgressWish { automatic, on, off };

/// When the daemon's queue is full.
enum class WhenFull { refuse, wait };

/// apply, run and the maps. `spec` is complete, but the environment and the directory
/// are those of the caller only where the job needs them.
struct Submission {
  JobSpec spec;
  InputMeaning meaning = InputMeaning::json_or_text;
  std::vector<std::string> arguments;  // apply: of the function
  InputSource inputs;                  // the maps
  ProgressWish progress = ProgressWish::automatic;
  WhenFull when_full = WhenFull::refuse;
  bool dry_run = false;  // only say what would be run
};

/// How long a verb about kept jobs waits for the next daemon when one goes away.
inline constexpr Seconds usual_patience{30};

struct GetResults {
  JobId job;
  std::optional<Seconds> timeout;
  std::optional<Format> format;  // none: as the job was submitted
  std::optional<Seconds> reconnect = usual_patience;
};

struct WaitForJobs {
  std::vector<JobId> jobs;
  std::optional<Seconds> timeout;
  bool any = false;
  std::optional<Seconds> reconnect = usual_patience;
};

/// ready, successful: a question about a job that the exit status answers.
enum class Question { ready, successful };
struct AskAboutJob {
  JobId job;
  Question question = Question::ready;
};

struct PrintOutput {
  JobId job;
  OutputStream stream = OutputStream::out;
  std::optional<std::uint64_t> index;  // of the task; none: of all
  bool follow = false;                 // until the job, or the task, has ended
  std::optional<Seconds> reconnect = usual_patience;
};

enum class DaemonAction { start, stop, status, reload, drain, config };

/// Any method, with parameters as the user typed them.
struct RawCall {
  std::string method;
  std::string parameters = "{}";  // a JSON object
  bool more = false;
};

struct Introspect {
  std::string interface;
};

/// Text for standard output, and nothing else to do.
struct Help {
  std::string text;
};

using Action =
    std::variant<Submission, GetResults, WaitForJobs, AskAboutJob, request::ListJobs, request::ShowJob,
                 PrintOutput, request::Cancel, request::Retry, request::Forget, request::ListFunctions,
                 request::ListPools, request::ShowPool, request::CreatePool, request::ResizePool,
                 request::PausePool, request::ResumePool, request::RecyclePool, request::ClosePool,
                 request::JoinPool, request::TerminatePool, request::SetLogLevel, DaemonAction, RawCall,
                 Introspect, Help>;

struct Invocation {
  Globals globals;
  Action action;
};

}  // namespace procpool::client
