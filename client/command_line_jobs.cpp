// The verbs about jobs that are there already.

#include <utility>

#include "client/option_values.hpp"
#include "client/verb_parser.hpp"
#include "common/os/wait_status.hpp"

namespace procpool::client {
namespace {

constexpr std::int64_t most_listed = 100'000;

Result<JobId> one_job(const std::vector<std::string>& words) {
  if (auto good = expect_words(words, 1, "one job id"); !good) return good.error();
  const auto jobs = parse_jobs(words);
  if (!jobs) return jobs.error();
  return jobs->front();
}

Result<std::vector<JobId>> some_jobs(const std::vector<std::string>& words) {
  if (words.empty()) return usage_error("this verb needs at least one job id");
  return parse_jobs(words);
}

class GetParser : public VerbParser {
 public:
  void declare(OptionSet& options) override {
    options.value("--timeout", "SECONDS", "give up after so long; the job goes on",
                  to_seconds(get_.timeout, Zero::allowed));
    options.flag("--records", "a record a line instead of values", [this] { get_.format = Format::records; });
    options.flag("--raw", "the commands' stdout and stderr as they were",
                 [this] { get_.format = Format::raw; });
  }
  Result<Action> finish(SplitArguments arguments) override {
    const auto job = one_job(arguments.words);
    if (!job) return job.error();
    get_.job = *job;
    return Action(get_);
  }

 private:
  GetResults get_;
};

class WaitParser : public VerbParser {
 public:
  void declare(OptionSet& options) override {
    options.value("--timeout", "SECONDS", "give up after so long", to_seconds(wait_.timeout, Zero::allowed));
    options.flag("--any", "until one of them has ended", [this] { wait_.any = true; });
  }
  Result<Action> finish(SplitArguments arguments) override {
    auto jobs = some_jobs(arguments.words);
    if (!jobs) return jobs.error();
    wait_.jobs = *std::move(jobs);
    return Action(wait_);
  }

 private:
  WaitForJobs wait_;
};

class QuestionParser : public VerbParser {
 public:
  explicit QuestionParser(Question question) : question_(question) {}
  Result<Action> finish(SplitArguments arguments) override {
    const auto job = one_job(arguments.words);
    if (!job) return job.error();
    return Action(AskAboutJob{*job, question_});
  }

 private:
  Question question_;
};

class JobsParser : public VerbParser {
 public:
  void declare(OptionSet& options) override {
    options.value("--state", "STATE", "only jobs in this state",
                  [this](const std::string& text) -> Result<void> {
                    list_.state = task_state_named(text);
                    if (list_.state) return {};
                    return usage_error(
                        "must be queued, running, succeeded, failed, timed_out, cancelled, lost or "
                        "not_launched, not '" +
                        text + "'");
                  });
    options.value("--limit", "N", "at most so many; 100 if absent", to_number(list_.limit, 1, most_listed));
  }
  Result<Action> finish(SplitArguments arguments) override {
    if (auto good = expect_words(arguments.words, 0, "no argument"); !good) return good.error();
    return Action(list_);
  }

 private:
  request::ListJobs list_;
};

class ShowParser : public VerbParser {
 public:
  Result<Action> finish(SplitArguments arguments) override {
    const auto job = one_job(arguments.words);
    if (!job) return job.error();
    return Action(request::ShowJob{*job});
  }
};

class OutputParser : public VerbParser {
 public:
  void declare(OptionSet& options) override {
    options.flag("--stderr", "standard error instead of standard output",
                 [this] { output_.stream = Stream::err; });
    options.value("--index", "I", "only of this task, numbered from 0", to_number(output_.index, 0));
  }
  Result<Action> finish(SplitArguments arguments) override {
    const auto job = one_job(arguments.words);
    if (!job) return job.error();
    output_.job = *job;
    return Action(output_);
  }

 private:
  PrintOutput output_;
};

class CancelParser : public VerbParser {
 public:
  void declare(OptionSet& options) override {
    options.value("--signal", "SIG", "what running tasks get first; TERM if absent",
                  [this](const std::string& text) -> Result<void> {
                    const auto number = os::signal_number(text);
                    if (!number) return usage_error("must be a signal, not '" + text + "'");
                    cancel_.signal = os::signal_name(*number);
                    return {};
                  });
    options.value("--grace", "SECONDS", "until KILL follows", to_seconds(cancel_.grace, Zero::allowed));
    options.value("--reason", "TEXT", "is kept with the job", to_text(cancel_.reason));
  }
  Result<Action> finish(SplitArguments arguments) override {
    auto jobs = some_jobs(arguments.words);
    if (!jobs) return jobs.error();
    cancel_.jobs = *std::move(jobs);
    return Action(cancel_);
  }

 private:
  request::Cancel cancel_;
};

}  // namespace

std::unique_ptr<VerbParser> make_jobs_parser(std::string_view verb) {
  if (verb == "get") return std::make_unique<GetParser>();
  if (verb == "wait") return std::make_unique<WaitParser>();
  if (verb == "ready") return std::make_unique<QuestionParser>(Question::ready);
  if (verb == "successful") return std::make_unique<QuestionParser>(Question::successful);
  if (verb == "jobs") return std::make_unique<JobsParser>();
  if (verb == "show") return std::make_unique<ShowParser>();
  if (verb == "output") return std::make_unique<OutputParser>();
  if (verb == "cancel") return std::make_unique<CancelParser>();
  return nullptr;
}

}  // namespace procpool::client
