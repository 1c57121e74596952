// functions and pool ...

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

#include "client/inputs.hpp"
#include "client/limit_options.hpp"
#include "client/option_values.hpp"
#include "client/verb_parser.hpp"
#include "common/json/view.hpp"
#include "config/cpus.hpp"

namespace procpool::client {
namespace {

class FunctionsParser : public VerbParser {
 public:
  void declare(OptionSet& options) override {
    options.value("--pool", "NAME", "only of this pool", to_filled_text(list_.pool));
  }
  Result<Action> finish(SplitArguments arguments) override {
    if (auto good = expect_words(arguments.words, 0, "no argument"); !good) return good.error();
    return Action(list_);
  }

 private:
  request::ListFunctions list_;
};

class ListParser : public VerbParser {
 public:
  Result<Action> finish(SplitArguments arguments) override {
    if (auto good = expect_words(arguments.words, 0, "no argument"); !good) return good.error();
    return Action(request::ListPools{});
  }
};

/// The verbs whose only word is the pool's name.
template <class Request>
class NameParser : public VerbParser {
 public:
  Result<Action> finish(SplitArguments arguments) override {
    if (auto good = expect_words(arguments.words, 1, "the name of a pool"); !good) return good.error();
    return Action(Request{arguments.words.front()});
  }
};

class JoinParser : public VerbParser {
 public:
  void declare(OptionSet& options) override {
    options.value("--timeout", "SECONDS", "give up after so long", to_seconds(join_.timeout, Zero::allowed));
  }
  Result<Action> finish(SplitArguments arguments) override {
    if (auto good = expect_words(arguments.words, 1, "the name of a pool"); !good) return good.error();
    join_.name = arguments.words.front();
    return Action(join_);
  }

 private:
  request::JoinPool join_;
};

class ResizeParser : public VerbParser {
 public:
  Result<Action> finish(SplitArguments arguments) override {
    if (auto good = expect_words(arguments.words, 2, "the name of a pool and how many workers"); !good)
      return good.error();
    request::ResizePool resize{arguments.words[0], 1};
    if (auto good = to_number(resize.workers, 1, most_workers)(arguments.words[1]); !good)
      return usage_error("the number of workers " + good.error().message());
    return Action(std::move(resize));
  }
};

/// Variables that are meant for the process that got them, and not for workers.
bool is_private_variable(std::string_view entry) {
  constexpr std::array<std::string_view, 7> names{"NOTIFY_SOCKET=",  "LISTEN_",        "WATCHDOG_",
                                                  "JOURNAL_STREAM=", "INVOCATION_ID=", "PROCPOOL_SLOT=",
                                                  "PROCPOOL_POOL="};
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return entry.starts_with(name); });
}

class CreateParser : public VerbParser {
 public:
  explicit CreateParser(const Surroundings& surroundings) : surroundings_(surroundings) {}

  bool takes_command() const override { return true; }
  void declare(OptionSet& options) override;
  Result<Action> finish(SplitArguments arguments) override;

 private:
  Result<void> take_kind(std::optional<std::vector<std::string>> worker);
  Result<void> take_initargs();

  const Surroundings& surroundings_;
  PoolSpec pool_;
  LimitOptions limits_;
  std::string python_, library_;
};

void CreateParser::declare(OptionSet& options) {
  pool_.workers = 0;
  options.group("The pool");
  options.value("--workers", "N", "how many; one per CPU if absent",
                to_number(pool_.workers, 1, most_workers));
  options.value("--python", "FILE|MODULE", "functions of a Python file or module", to_filled_text(python_));
  options.value("--library", "FILE.so", "functions of a shared library", to_path(library_));
  options.value("--initializer", "F",
                "runs first in each worker: a function of the module or\nlibrary, or a shell command",
                to_filled_text(pool_.initializer));
  options.value("--initargs", "JSON", "its arguments, as an array", to_filled_text(pool_.initargs));
  options.value("--history", "LEVEL", "what stays of jobs without --async: none, jobs, results",
                [this](const std::string& word) {
                  pool_.history = history_level_named(word);
                  return pool_.history ? Result<void>()
                                       : usage_error("must be none, jobs or results, not '" + word + "'");
                });
  options.group("When a worker is replaced");
  options.value("--max-tasks-per-child", "N", "after so many tasks", to_number(pool_.max_tasks_per_child, 1));
  options.value("--max-age", "SECONDS", "after so long", to_seconds(pool_.max_age));
  options.value("--max-memory", "MIB", "when it has grown so large",
                to_number(pool_.max_memory_mib, 1, any_number >> 20));
  limits_.declare(options, "Limits of each worker; of a pool for commands, of each command");
}

Result<void> CreateParser::take_kind(std::optional<std::vector<std::string>> worker) {
  const int kinds = (python_.empty() ? 0 : 1) + (library_.empty() ? 0 : 1) + (worker ? 1 : 0);
  if (kinds > 1) return usage_error("--python, --library and a worker behind '--' exclude each other");
  if (worker) {
    if (worker->empty() || worker->front().empty()) return usage_error("there is no worker behind '--'");
    pool_.kind = PoolKind::program;
    pool_.argv = *std::move(worker);
  } else if (!python_.empty()) {
    struct stat found {};
    const bool is_file =
        python_.ends_with(".py") || (stat(python_.c_str(), &found) == 0 && S_ISREG(found.st_mode));
    auto module = is_file ? surroundings_.absolute(python_) : Result<std::string>(python_);
    if (!module) return module.error();
    pool_.kind = PoolKind::python;
    pool_.module = *std::move(module);
  } else if (!library_.empty()) {
    auto library = surroundings_.absolute(library_);
    if (!library) return library.error();
    pool_.kind = PoolKind::native;
    pool_.library = *std::move(library);
  }
  return {};
}

Result<void> CreateParser::take_initargs() {
  if (pool_.initargs.empty()) return {};
  const auto initargs = json::check(pool_.initargs);
  if (!initargs || initargs->kind() != json::Kind::array)
    return usage_error("--initargs must be a JSON array, not '" + pool_.initargs + "'");
  pool_.initargs = on_one_line(*initargs);
  return {};
}

Result<Action> CreateParser::finish(SplitArguments arguments) {
  if (auto good = expect_words(arguments.words, 1, "the name of the pool"); !good) return good.error();
  pool_.name = arguments.words.front();
  if (pool_.workers == 0) pool_.workers = config::usable_cpus();
  if (auto good = take_kind(std::move(arguments.command)); !good) return good.error();
  if (auto good = take_initargs(); !good) return good.error();
  pool_.directory = surroundings_.directory;
  pool_.limits = limits_.limits();
  for (const std::string_view entry : surroundings_.environment)
    if (!is_private_variable(entry)) pool_.environment.emplace_back(entry);
  if (auto good = check_pool_spec(pool_); !good) return good.error();
  return Action(request::CreatePool{std::move(pool_)});
}

}  // namespace

std::unique_ptr<VerbParser> make_pools_parser(std::string_view verb, const Surroundings& surroundings) {
  if (verb == "functions") return std::make_unique<FunctionsParser>();
  if (verb == "pool list") return std::make_unique<ListParser>();
  if (verb == "pool create") return std::make_unique<CreateParser>(surroundings);
  if (verb == "pool resize") return std::make_unique<ResizeParser>();
  if (verb == "pool join") return std::make_unique<JoinParser>();
  if (verb == "pool show") return std::make_unique<NameParser<request::ShowPool>>();
  if (verb == "pool pause") return std::make_unique<NameParser<request::PausePool>>();
  if (verb == "pool resume") return std::make_unique<NameParser<request::ResumePool>>();
  if (verb == "pool recycle") return std::make_unique<NameParser<request::RecyclePool>>();
  if (verb == "pool close") return std::make_unique<NameParser<request::ClosePool>>();
  if (verb == "pool terminate") return std::make_unique<NameParser<request::TerminatePool>>();
  return nullptr;
}

}  // namespace procpool::client
