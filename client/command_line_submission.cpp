// apply, run and the maps.

#include <algorithm>
#include <utility>

#include "client/inputs.hpp"
#include "client/limit_options.hpp"
#include "client/option_values.hpp"
#include "client/shell_command.hpp"
#include "client/start_options.hpp"
#include "client/verb_parser.hpp"
#include "common/json/view.hpp"

namespace procpool::client {
namespace {

constexpr std::int64_t most_chunksize = 1'000'000;
constexpr std::int64_t most_priority = 1'000'000;

class SubmissionParser : public VerbParser {
 public:
  SubmissionParser(Verb verb, const Surroundings& surroundings) : surroundings_(surroundings) {
    submission_.spec.verb = verb;
  }

  TakesInputs takes_inputs() const override { return is_map() ? TakesInputs::yes : TakesInputs::no; }
  bool takes_command() const override { return true; }
  void declare(OptionSet& options) override;
  Result<Action> finish(SplitArguments arguments) override;

 private:
  /// What only makes sense beside something else, and is looked at when all is known.
  struct Wishes {
    std::vector<std::string> for_functions;  // names of options that were given
    std::vector<std::string> for_commands;
    std::vector<std::string> for_environments;
    std::vector<std::string> formats;
    std::vector<std::string> meanings;
    std::vector<std::string> added_environment;
    std::vector<std::string> files;
    std::string kwargs, directory, stdin_path;
    bool shell = false, clear_environment = false, null_separated = false;
  };

  bool is_map() const { return verb() != Verb::apply && verb() != Verb::run; }
  Verb verb() const { return submission_.spec.verb; }
  void declare_work(OptionSet& options);
  void declare_inputs(OptionSet& options);
  void declare_chunksize(OptionSet& options);
  void declare_progress(OptionSet& options);
  void declare_without_effect(OptionSet& options);
  void declare_results(OptionSet& options);
  void declare_callbacks(OptionSet& options);
  void declare_surroundings(OptionSet& options);
  Result<void> take_work(SplitArguments& arguments);
  Result<void> take_command(std::vector<std::string> argv);
  Result<void> take_function(const std::vector<std::string>& words);
  Result<void> take_inputs(SplitArguments& arguments);
  Result<void> take_surroundings();
  Result<void> check_wishes() const;

  const Surroundings& surroundings_;
  Submission submission_;
  std::optional<Seconds> kill_after_;
  LimitOptions limits_;
  StartOptions start_;
  Wishes wishes_;
};

void SubmissionParser::declare(OptionSet& options) {
  declare_work(options);
  start_.declare(options);
  if (is_map()) declare_inputs(options);
  if (verb() != Verb::run) declare_results(options);
  if (!is_map()) declare_without_effect(options);
  declare_callbacks(options);
  declare_surroundings(options);
  if (verb() != Verb::starmap) limits_.declare(options, "Limits of each command, within those of its pool");
}

void SubmissionParser::declare_work(OptionSet& options) {
  JobSpec& spec = submission_.spec;
  options.group("What to run, and where");
  options.value("--pool", "NAME", "the pool; else whichever can do it", to_filled_text(spec.pool));
  options.value("--name", "NAME", "a name for the job, for people", to_text(spec.name));
  options.value("--priority", "N", "higher goes first; 0 if absent",
                to_number(spec.priority, -most_priority, most_priority));
  options.value("--timeout", "SECONDS", "per task: TERM to its whole process group, then KILL",
                to_seconds(spec.timeout));
  options.value("--kill-after", "SECONDS", "from TERM to KILL; 5 if absent",
                to_seconds(kill_after_, Zero::allowed));
  options.value("--when-full", "WHAT", "the daemon's queue: refuse (the default), or wait for room",
                [this](const std::string& text) -> Result<void> {
                  if (text != "wait" && text != "refuse")
                    return usage_error("must be wait or refuse, not '" + text + "'");
                  submission_.when_full = text == "wait" ? WhenFull::wait : WhenFull::refuse;
                  return {};
                });
  options.flag("--dry-run", "print what would be run, a task a line, and run nothing",
               [this] { submission_.dry_run = true; });
  options.flag("-c,--shell", "one string for /bin/sh -c instead of a command",
               [this] { wishes_.shell = true; });
  if (verb() == Verb::run) return;
  options.value("--kwargs", "JSON", "keyword arguments of a function, as an object",
                [this](const std::string& text) {
                  wishes_.for_functions.emplace_back("--kwargs");
                  return to_filled_text(wishes_.kwargs)(text);
                });
  const auto mean = [this](const char* name, InputMeaning meaning) {
    return [this, name, meaning] {
      wishes_.for_functions.emplace_back(name);
      wishes_.meanings.emplace_back(name);
      submission_.meaning = meaning;
    };
  };
  if (verb() == Verb::starmap) return;
  options.flag("--text", "a function gets every argument as a string", mean("--text", InputMeaning::text));
  options.flag("--json-input", "refuse arguments of a function that are not JSON",
               mean("--json-input", InputMeaning::json));
}

void SubmissionParser::declare_inputs(OptionSet& options) {
  options.group("Inputs");
  options.values("-a,--arg-file", "FILE", "inputs from a file; may be repeated; - is stdin",
                 to_texts(wishes_.files));
  options.flag("-0,--null", "inputs end with a NUL, not with a line end",
               [this] { wishes_.null_separated = true; });
  declare_chunksize(options);
}

void SubmissionParser::declare_chunksize(OptionSet& options) {
  options.value("--chunksize", "N",
                "tasks handed to a worker at once; auto (the default)\nadapts to how long they take",
                [this](const std::string& text) -> Result<void> {
                  submission_.spec.chunksize.reset();
                  if (text == "auto") return {};
                  if (to_number(submission_.spec.chunksize, 1, most_chunksize)(text)) return {};
                  return usage_error("must be auto or a whole number from 1 to " +
                                     std::to_string(most_chunksize) + ", not '" + text + "'");
                });
}

void SubmissionParser::declare_progress(OptionSet& options) {
  options.flag("--progress", "a bar on stderr; the default on a terminal",
               [this] { submission_.progress = ProgressWish::on; });
  options.flag("--no-progress", "no bar", [this] { submission_.progress = ProgressWish::off; });
}

/// Every job can be given them, so that a script need not ask which verb it calls.
void SubmissionParser::declare_without_effect(OptionSet& options) {
  options.group("As for the maps; a single task makes no use of them");
  declare_chunksize(options);
  declare_progress(options);
}

void SubmissionParser::declare_results(OptionSet& options) {
  options.group("Results");
  const auto format = [this](const char* name, Format wanted) {
    return [this, name, wanted] {
      wishes_.formats.emplace_back(name);
      submission_.spec.format = wanted;
    };
  };
  options.flag("--records", "a record a line instead of values, failures included",
               format("--records", Format::records));
  options.flag("--raw", "a command's stdout and stderr as they were", format("--raw", Format::raw));
  options.flag("--async", "print the job's id and leave; see get, wait, show",
               [this] { submission_.spec.attached = false; });
  if (is_map()) declare_progress(options);
}

void SubmissionParser::declare_callbacks(OptionSet& options) {
  Callbacks& callbacks = submission_.spec.callbacks;
  options.group("Callbacks: shell commands that the daemon runs, with records on stdin");
  options.value("--callback", "CMD", "once, when every task has succeeded",
                to_filled_text(callbacks.on_success));
  options.value("--error-callback", "CMD", "once, when the job has ended and a task has not",
                to_filled_text(callbacks.on_error));
  options.value("--each", "CMD", "for each task as it ends", to_filled_text(callbacks.on_each));
}

void SubmissionParser::declare_surroundings(OptionSet& options) {
  options.group("Surroundings of commands and callbacks");
  options.value("--cwd", "DIR", "the working directory; else yours", [this](const std::string& text) {
    wishes_.for_environments.emplace_back("--cwd");
    return to_path(wishes_.directory)(text);
  });
  options.values("--env", "K=V", "a variable; may be repeated",
                 [this](const std::string& text) -> Result<void> {
                   wishes_.for_environments.emplace_back("--env");
                   if (text.find('=') == std::string::npos || text.starts_with('='))
                     return usage_error("must be of the form NAME=VALUE, not '" + text + "'");
                   return to_texts(wishes_.added_environment)(text);
                 });
  options.flag("--clear-env", "nothing of your environment, only what --env says", [this] {
    wishes_.for_environments.emplace_back("--clear-env");
    wishes_.clear_environment = true;
  });
  if (verb() == Verb::run) return;
  options.value("--stdin", "FILE", "standard input of commands; else empty", [this](const std::string& text) {
    wishes_.for_commands.emplace_back("--stdin");
    return to_path(wishes_.stdin_path)(text);
  });
}

Result<void> SubmissionParser::take_command(std::vector<std::string> argv) {
  if (verb() == Verb::starmap) return usage_error("starmap takes a function, not a command");
  if (wishes_.shell) {
    if (argv.size() != 1) return usage_error("--shell takes one string for /bin/sh, as a single argument");
    argv = shell_command(argv.front(), is_map() ? HasInputs::yes : HasInputs::no);
  }
  if (argv.empty() || argv.front().empty()) return usage_error("there is no command behind '--'");
  Command command{std::move(argv), {}, verb() == Verb::run};
  if (!wishes_.stdin_path.empty()) {
    auto path = surroundings_.absolute(wishes_.stdin_path);
    if (!path) return path.error();
    command.stdin_path = *std::move(path);
  }
  submission_.spec.work = std::move(command);
  submission_.meaning = InputMeaning::command_argument;
  return {};
}

Result<void> SubmissionParser::take_function(const std::vector<std::string>& words) {
  if (verb() == Verb::run) return usage_error("run takes a command: put '--' before it");
  if (words.front().empty()) return usage_error("the function's name is empty");
  if (is_map() && words.size() > 1)
    return usage_error("what is '" + words[1] + "'? Inputs stand behind ':::', and a command behind '--'");
  FunctionCall call{words.front(), {}};
  if (!wishes_.kwargs.empty()) {
    const auto kwargs = json::check(wishes_.kwargs);
    if (!kwargs || kwargs->kind() != json::Kind::object)
      return usage_error("--kwargs must be a JSON object, not '" + wishes_.kwargs + "'");
    call.kwargs = on_one_line(*kwargs);
  }
  if (verb() == Verb::starmap) submission_.meaning = InputMeaning::argument_array;
  submission_.arguments.assign(words.begin() + 1, words.end());
  submission_.spec.work = std::move(call);
  return {};
}

Result<void> SubmissionParser::take_work(SplitArguments& arguments) {
  if (arguments.command) {
    if (!arguments.words.empty())
      return usage_error("what is '" + arguments.words.front() + "'? There is a command behind '--' already");
    return take_command(*std::move(arguments.command));
  }
  if (arguments.words.empty())
    return usage_error(verb() == Verb::run ? "which command? Put it behind '--'"
                                           : "which function, or which command behind '--'?");
  return wishes_.shell ? take_command(std::move(arguments.words)) : take_function(arguments.words);
}

Result<void> SubmissionParser::take_inputs(SplitArguments& arguments) {
  if (arguments.inputs) {
    if (!wishes_.files.empty())
      return usage_error("inputs come from ':::' or from --arg-file, not from both");
    submission_.inputs = GivenInputs{*std::move(arguments.inputs)};
    return {};
  }
  InputFiles files{std::move(wishes_.files), wishes_.null_separated ? '\0' : '\n'};
  if (files.paths.empty()) files.paths.emplace_back("-");
  submission_.inputs = std::move(files);
  return {};
}

Result<void> SubmissionParser::take_surroundings() {
  JobSpec& spec = submission_.spec;
  if (!spec.is_command() && !spec.callbacks.any()) return {};
  auto directory = wishes_.directory.empty() ? Result<std::string>(surroundings_.directory)
                                             : surroundings_.absolute(wishes_.directory);
  if (!directory) return directory.error();
  spec.directory = *std::move(directory);
  const auto& environment = surroundings_.environment;
  if (!wishes_.clear_environment) spec.environment.assign(environment.begin(), environment.end());
  for (const std::string& added : wishes_.added_environment) {
    const std::string name = added.substr(0, added.find('=') + 1);
    std::erase_if(spec.environment, [&](const std::string& entry) { return entry.starts_with(name); });
    spec.environment.push_back(added);
  }
  return {};
}

Result<void> SubmissionParser::check_wishes() const {
  if (auto good = expect_one_of(wishes_.formats); !good) return good;
  if (auto good = expect_one_of(wishes_.meanings); !good) return good;
  const JobSpec& spec = submission_.spec;
  if (spec.is_command() && !wishes_.for_functions.empty())
    return usage_error(wishes_.for_functions.front() + " is for functions, but this is a command");
  if (spec.is_command()) return {};
  if (spec.format == Format::raw) return usage_error("--raw is for commands, but this is a function");
  if (!wishes_.for_commands.empty())
    return usage_error(wishes_.for_commands.front() + " is for commands, but this is a function");
  if (!limits_.given().empty())
    return usage_error(
        limits_.given().front() +
        " is for commands; a function has the limits of its pool (see 'procpool help pool create')");
  if (!wishes_.for_environments.empty() && !spec.callbacks.any())
    return usage_error(wishes_.for_environments.front() +
                       " is for commands and callbacks; a function has the surroundings of its pool");
  return {};
}

Result<Action> SubmissionParser::finish(SplitArguments arguments) {
  if (kill_after_) submission_.spec.kill_after = *kill_after_;
  submission_.spec.limits = limits_.limits();
  if (auto good = take_work(arguments); !good) return good.error();
  if (is_map())
    if (auto good = take_inputs(arguments); !good) return good.error();
  if (auto good = take_surroundings(); !good) return good.error();
  if (auto good = check_wishes(); !good) return good.error();
  if (auto good = start_.finish(submission_.spec); !good) return good.error();
  return Action(std::move(submission_));
}

}  // namespace

std::unique_ptr<VerbParser> make_submission_parser(std::string_view name, const Surroundings& surroundings) {
  const auto verb = verb_named(name);
  if (!verb) return nullptr;
  return std::make_unique<SubmissionParser>(*verb, surroundings);
}

}  // namespace procpool::client
