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

void declare_reconnect(OptionSet& options, std::optional<Seconds>& patience) {
  options.value("--reconnect", "SECONDS",
                "how long to wait for the next daemon if this one goes\naway; 30 if absent",
                to_seconds(patience, Zero::allowed));
}

class GetParser : public VerbParser {
 public:
  void declare(OptionSet& options) override {
    options.value("--timeout", "SECONDS", "give up after so long; the job goes on",
                  to_seconds(get_.timeout, Zero::allowed));
    const auto format = [this](const char* name, Format wanted) {
      return [this, name, wanted] {
        formats_.emplace_back(name);
        get_.format = wanted;
      };
    };
    options.flag("--records", "a record a line instead of values", format("--records", Format::records));
    options.flag("--raw", "the commands' stdout and stderr as they were", format("--raw", Format::raw));
    declare_reconnect(options, get_.reconnect);
  }
  Result<Action> finish(SplitArguments arguments) override {
    const auto job = one_job(arguments.words);
    if (!job) return job.error();
    if (auto good = expect_one_of(formats_); !good) return good.error();
    get_.job = *job;
    return Action(get_);
  }

 private:
  GetResults get_;
  std::vector<std::string> formats_;  // options that were given
};

class WaitParser : public VerbParser {
 public:
  void declare(OptionSet& options) override {
    options.value("--timeout", "SECONDS", "give up after so long", to_seconds(wait_.timeout, Zero::allowed));
    options.flag("--any", "until one of them has ended", [this] { wait_.any = true; });
    declare_reconnect(options, wait_.reconnect);
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
                  filter([this](const std::string& text) -> Result<void> {
                    list_.state = task_state_named(text);
                    if (list_.state) return {};
                    return usage_error(
                        "must be queued, running, succeeded, failed, timed_out, cancelled, lost or "
                        "not_launched, not '" +
                        text + "'");
                  }));
    options.value("--pool", "NAME", "only jobs of this pool", filter(to_filled_text(list_.pool)));
    options.value("--name", "NAME", "only jobs of this name", filter(to_filled_text(list_.name)));
    options.value("--limit", "N", "at most so many; 100 if absent",
                  filter(to_number(list_.limit, 1, most_listed)));
    options.value("--before", "ID", "only jobs that came before this one",
                  filter([this](const std::string& text) -> Result<void> {
                    const auto number = parse_whole_number(text, 1, any_number);
                    if (!number) return number.error();
                    list_.before = JobId{*number};
                    return {};
                  }));
    options.flag("--forget", "remove the jobs that are named, with their results,\ninstead of listing any",
                 [this] { forgets_ = true; });
  }
  Result<Action> finish(SplitArguments arguments) override {
    if (forgets_ && filters_) return usage_error("--forget takes the ids of jobs, and no filters");
    if (forgets_) {
      auto jobs = some_jobs(arguments.words);
      if (!jobs) return jobs.error();
      return Action(request::Forget{*std::move(jobs)});
    }
    if (auto good = expect_words(arguments.words, 0, "no argument"); !good) return good.error();
    return Action(list_);
  }

 private:
  OptionSet::TakeValue filter(OptionSet::TakeValue take) {
    return [this, take = std::move(take)](const std::string& text) {
      filters_ = true;
      return take(text);
    };
  }

  request::ListJobs list_;
  bool filters_ = false;
  bool forgets_ = false;
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
                 [this] { output_.stream = OutputStream::err; });
    options.value("--index", "I", "only of this task, numbered from 0", to_number(output_.index, 0));
    options.flag("--follow", "of one task as it comes, of more as they end, until\nthe job has ended",
                 [this] { output_.follow = true; });
    declare_reconnect(options, output_.reconnect);
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

class RetryParser : public VerbParser {
 public:
  void declare(OptionSet& options) override {
    options.flag("--failed", "only of the tasks that did not succeed", [this] { retry_.failed_only = true; });
  }
  Result<Action> finish(SplitArguments arguments) override {
    const auto job = one_job(arguments.words);
    if (!job) return job.error();
    retry_.job = *job;
    return Action(retry_);
  }

 private:
  request::Retry retry_;
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
  if (verb == "retry") return std::make_unique<RetryParser>();
  return nullptr;
}

}  // namespace procpool::client
