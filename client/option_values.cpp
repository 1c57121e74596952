#include "client/option_values.hpp"

#include <charconv>
#include <cmath>

namespace procpool::client {
namespace {

Error wrong(const std::string& must, const std::string& text) {
  return {ErrorCode::invalid_parameter, must + ", not '" + text + "'"};
}

/// The whole text as a number, or nothing.
template <class Number>
std::optional<Number> number_in(const std::string& text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

}  // namespace

Result<std::int64_t> parse_whole_number(const std::string& text, std::int64_t least, std::int64_t most) {
  const auto number = number_in<std::int64_t>(text);
  if (number && *number >= least && *number <= most) return *number;
  std::string must = "must be a whole number";
  if (least > -any_number) must += " from " + std::to_string(least);
  if (most < any_number) must += " to " + std::to_string(most);
  return wrong(must, text);
}

Result<Seconds> parse_seconds(const std::string& text, Zero zero, int most) {
  const auto number = number_in<double>(text);
  if (number && std::isfinite(*number) && *number <= most &&
      (*number > 0 || (*number == 0 && zero == Zero::allowed)))
    return Seconds(*number);
  const std::string least = zero == Zero::allowed ? "" : "above 0 and ";
  return wrong("must be a number of seconds " + least + "up to " + std::to_string(most), text);
}

OptionSet::TakeValue to_text(std::string& target) {
  return [&target](const std::string& text) -> Result<void> {
    target = text;
    return {};
  };
}

OptionSet::TakeValue to_filled_text(std::string& target) {
  return [&target](const std::string& text) -> Result<void> {
    if (text.empty()) return Error(ErrorCode::invalid_parameter, "must not be empty");
    target = text;
    return {};
  };
}

OptionSet::TakeValue to_path(std::string& target) {
  return [&target](const std::string& text) -> Result<void> {
    if (text.empty()) return Error(ErrorCode::invalid_parameter, "must be a path, and is empty");
    target = text;
    return {};
  };
}

OptionSet::TakeValue to_texts(std::vector<std::string>& target) {
  return [&target](const std::string& text) -> Result<void> {
    target.push_back(text);
    return {};
  };
}

OptionSet::TakeValue to_seconds(std::optional<Seconds>& target, Zero zero, int most) {
  return [&target, zero, most](const std::string& text) -> Result<void> {
    const auto seconds = parse_seconds(text, zero, most);
    if (!seconds) return seconds.error();
    target = *seconds;
    return {};
  };
}

Result<std::vector<JobId>> parse_jobs(const std::vector<std::string>& words) {
  std::vector<JobId> jobs;
  for (const std::string& word : words) {
    const auto number = parse_whole_number(word, 1, any_number);
    if (!number) return Error(ErrorCode::invalid_parameter, "a job id " + number.error().message());
    jobs.push_back(JobId{*number});
  }
  return jobs;
}

}  // namespace procpool::client
