#include "client/start_options.hpp"

#include <utility>

#include "client/option_values.hpp"
#include "client/time_of.hpp"
#include "client/verb_parser.hpp"
#include "common/json/bytes.hpp"
#include "common/os/wait_status.hpp"

namespace procpool::client {
namespace {

/// Takes each piece between commas.
template <class Thing>
OptionSet::TakeValue to_list(std::vector<Thing>& target, Result<Thing> (*parse)(std::string_view)) {
  return [&target, parse](const std::string& text) -> Result<void> {
    std::string_view rest = text;
    for (;;) {
      const std::size_t comma = rest.find(',');
      auto thing = parse(rest.substr(0, comma));
      if (!thing) return thing.error();
      target.push_back(*std::move(thing));
      if (comma == std::string_view::npos) return {};
      rest.remove_prefix(comma + 1);
    }
  };
}

/// Signals by the names that they have here.
Result<RetryCondition> parse_condition(std::string_view text) {
  auto condition = parse_retry_condition(text);
  if (!condition || condition->kind != RetryCondition::Kind::signal || condition->detail.empty())
    return condition;
  const auto signal = os::signal_number(condition->detail);
  if (!signal)
    return usage_error("must have the name of a signal behind 'signal=', not '" + std::string(text) + "'");
  condition->detail = os::signal_name(*signal);
  return condition;
}

OptionSet::TakeValue to_key(std::string& target) {
  return [&target](const std::string& text) -> Result<void> {
    if (text.empty() || text.size() > longest_unique_key || !json::is_clean_text(text))
      return usage_error("must be 1 to " + std::to_string(longest_unique_key) + " bytes of text");
    target = text;
    return {};
  };
}

}  // namespace

void StartOptions::declare(OptionSet& options) {
  options.group("When it starts, and how often");
  options.value("--retries", "N", "try a task again up to N times if it does not succeed",
                to_number(retries_, 0, most_retries));
  options.value("--retry-delay", "SECONDS",
                "before the first retry; 1 if absent. It doubles from one\nto the next, up to an hour, "
                "give or take a quarter",
                to_seconds(retry_delay_, Zero::allowed, static_cast<int>(longest_retry_delay)));
  options.values("--retry-on", "WHAT,...",
                 "only then: exit=75, exit, signal=KILL, signal,\nerror=ValueError, error, failed (all "
                 "these), timed_out,\nlost, not_launched; else: failed, timed_out, lost",
                 to_list<RetryCondition>(retry_on_, parse_condition));
  options.value("--halt", "RULE",
                "end before all tasks have run: now,fail=1 (and end what\nruns) or soon,fail=1 (and "
                "let it end); success=N, done=N;\nN may be a percentage. never is the default",
                [this](const std::string& text) -> Result<void> {
                  halt_.reset();
                  if (text == "never") return {};
                  auto rule = parse_halt_rule(text);
                  if (!rule) return rule.error();
                  halt_ = *rule;
                  return {};
                });
  options.values("--after", "ID[:HOW],...",
                 "not before that job has ended in success (the\ndefault), failure or any way",
                 to_list<Dependency>(after_, parse_dependency));
  options.value("--delay", "SECONDS", "not before so long from now", to_seconds(delay_, Zero::allowed));
  options.value("--at", "TIME", "not before this: 14:30, '2026-11-21 14:30', RFC 3339\nor @SECONDS",
                [this](const std::string& text) -> Result<void> {
                  const auto time = parse_time_of(text, std::chrono::system_clock::now());
                  if (!time) return time.error();
                  at_ = *time;
                  return {};
                });
  options.value("--unique", "KEY", "not if a job of yours with this key waits or runs", to_key(unique_));
  options.value("--if-exists", "WHAT", "then: refuse (the default), or with --async get its id",
                [this](const std::string& text) -> Result<void> {
                  if_exists_ = if_exists_named(text);
                  if (if_exists_) return {};
                  return usage_error("must be refuse or get, not '" + text + "'");
                });
}

Result<void> StartOptions::finish(JobSpec& spec) const {
  if (retry_delay_ && !retries_ && retry_on_.empty())
    return usage_error("--retry-delay needs --retries: how often?");
  if (delay_ && at_) return usage_error("--delay and --at exclude each other");
  if (if_exists_ && unique_.empty()) return usage_error("--if-exists needs --unique: which key?");
  if (if_exists_ == IfExists::get && spec.attached)
    return usage_error("--if-exists get needs --async: the results of that job are not this one's");
  if (after_.size() > most_dependencies)
    return usage_error("--after names more than " + std::to_string(most_dependencies) + " jobs");
  if (retry_on_.size() > most_retry_conditions)
    return usage_error("--retry-on has more than " + std::to_string(most_retry_conditions) + " entries");
  // Who says what is tried again, and not how often, means once.
  spec.retry.count = retries_.value_or(retry_on_.empty() ? 0 : 1);
  if (retry_delay_) spec.retry.delay = *retry_delay_;
  spec.retry.on = retry_on_;
  spec.halt = halt_;
  spec.start = {after_, delay_, at_};
  spec.unique = {unique_, if_exists_.value_or(IfExists::refuse)};
  return {};
}

}  // namespace procpool::client
