#include "common/job/halt.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace procpool {
namespace {

using When = HaltRule::When;
using What = HaltRule::What;

constexpr std::uint64_t most_tasks = 1'000'000'000'000'000;

constexpr std::array<std::pair<std::string_view, When>, 2> whens{{{"now", When::now}, {"soon", When::soon}}};
constexpr std::array<std::pair<std::string_view, What>, 3> whats{
    {{"fail", What::fail}, {"success", What::success}, {"done", What::done}}};

template <class Words>
auto named(const Words& words, std::string_view wanted) -> std::optional<decltype(words.front().second)> {
  for (const auto& [word, value] : words)
    if (word == wanted) return value;
  return std::nullopt;
}

template <class Words, class Value>
std::string_view word_for(const Words& words, Value wanted) {
  for (const auto& [word, value] : words)
    if (value == wanted) return word;
  return {};
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [stopped, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || stopped != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::variant<std::uint64_t, HaltRule::Percentage>> limit_in(std::string_view text) {
  using Limit = std::variant<std::uint64_t, HaltRule::Percentage>;
  if (text.ends_with('%')) {
    const auto percentage = number_in<double>(text.substr(0, text.size() - 1));
    if (!percentage || !(*percentage > 0 && *percentage <= 100)) return std::nullopt;
    return Limit(HaltRule::Percentage{*percentage});
  }
  const auto tasks = number_in<std::uint64_t>(text);
  if (!tasks || *tasks < 1 || *tasks > most_tasks) return std::nullopt;
  return Limit(*tasks);
}

}  // namespace

Result<HaltRule> parse_halt_rule(std::string_view text) {
  const std::size_t comma = text.find(',');
  const std::size_t equals = text.find('=');
  if (comma != std::string_view::npos && equals != std::string_view::npos && comma < equals) {
    const auto when = named(whens, text.substr(0, comma));
    const auto what = named(whats, text.substr(comma + 1, equals - comma - 1));
    const auto limit = limit_in(text.substr(equals + 1));
    if (when && what && limit) return HaltRule{*when, *what, *limit};
  }
  return Error(ErrorCode::invalid_parameter,
               "must be now or soon, a comma, and fail=N, success=N or done=N, where N is a number of tasks "
               "from 1 or a percentage up to 100%, not '" +
                   std::string(text) + "'");
}

std::string text_of(const HaltRule& rule) {
  std::string text(word_for(whens, rule.when));
  ((text += ',') += word_for(whats, rule.what)) += '=';
  if (const auto* tasks = std::get_if<std::uint64_t>(&rule.limit)) return text + std::to_string(*tasks);
  std::array<char, 32> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(),
                                     std::get<HaltRule::Percentage>(rule.limit).of_all);
  return text.append(digits.data(), written.ptr) + "%";
}

std::string halt_reason(const HaltRule& rule) { return "halted by " + text_of(rule); }

}  // namespace procpool
