#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "client/option_set.hpp"
#include "common/ids.hpp"
#include "common/job/spec.hpp"
#include "common/result.hpp"

/// From the text of an option to what it means. Each error is the end of a sentence
/// that opens with the option's name: "must be a whole number from 1, not '1.5'".
namespace procpool::client {

inline constexpr std::int64_t any_number = std::numeric_limits<std::int64_t>::max();

Result<std::int64_t> parse_whole_number(const std::string& text, std::int64_t least, std::int64_t most);

enum class Zero { refused, allowed };
/// As far as the protocol goes, some thirty years. [s]
inline constexpr int most_seconds = 1'000'000'000;
Result<Seconds> parse_seconds(const std::string& text, Zero zero, int most = most_seconds);

/// Takers for OptionSet: they check the value and put it where it belongs.
OptionSet::TakeValue to_text(std::string& target);
/// An empty one is a variable that was not set, and not the wish for the default.
OptionSet::TakeValue to_filled_text(std::string& target);
OptionSet::TakeValue to_path(std::string& target);
OptionSet::TakeValue to_texts(std::vector<std::string>& target);
OptionSet::TakeValue to_seconds(std::optional<Seconds>& target, Zero zero = Zero::refused,
                                int most = most_seconds);

template <class Number>
OptionSet::TakeValue to_number(Number& target, std::int64_t least, std::int64_t most = any_number) {
  return [&target, least, most](const std::string& text) -> Result<void> {
    const auto number = parse_whole_number(text, least, most);
    if (!number) return number.error();
    if constexpr (requires { target.emplace(); }) {
      target = static_cast<typename Number::value_type>(*number);
    } else {
      target = static_cast<Number>(*number);
    }
    return {};
  };
}

/// The words of a verb that must be job ids.
Result<std::vector<JobId>> parse_jobs(const std::vector<std::string>& words);

}  // namespace procpool::client
