#include "common/job/start.hpp"

#include <charconv>

namespace procpool {

Result<Dependency> parse_dependency(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view number = text.substr(0, colon);
  Dependency dependency;
  const auto [stopped, problem] =
      std::from_chars(number.data(), number.data() + number.size(), dependency.job.number);
  const bool is_id =
      problem == std::errc{} && stopped == number.data() + number.size() && dependency.job.number > 0;
  std::optional<EndCondition> condition = EndCondition::success;
  if (colon != std::string_view::npos) condition = end_condition_named(text.substr(colon + 1));
  if (!is_id || !condition)
    return Error(
        ErrorCode::invalid_parameter,
        "must be a job id, alone or with :success, :failure or :any, not '" + std::string(text) + "'");
  dependency.condition = *condition;
  return dependency;
}

std::string text_of(const Dependency& dependency) {
  std::string text = std::to_string(dependency.job.number);
  if (dependency.condition != EndCondition::success) text.append(":").append(name_of(dependency.condition));
  return text;
}

}  // namespace procpool
