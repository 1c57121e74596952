#include "common/job/retry_policy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace procpool {
namespace {

using Kind = RetryCondition::Kind;

constexpr std::array<std::pair<Kind, std::string_view>, 7> words{{
    {Kind::failed, "failed"},
    {Kind::exit, "exit"},
    {Kind::signal, "signal"},
    {Kind::error, "error"},
    {Kind::timed_out, "timed_out"},
    {Kind::lost, "lost"},
    {Kind::not_launched, "not_launched"},
}};

constexpr std::size_t longest_detail = 200;  // [bytes]

Error wrong(std::string_view must, std::string_view text) {
  return {ErrorCode::invalid_parameter, std::string(must) + ", not '" + std::string(text) + "'"};
}

/// "KILL" from "SIGKILL" or "kill"; empty if it cannot be the name of a signal.
std::string plain_signal(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool is_lower = c >= 'a' && c <= 'z';
    const bool may_stand =
        is_lower || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-';
    if (!may_stand) return "";
    name += is_lower ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (name.starts_with("SIG")) name.erase(0, 3);
  return name;
}

}  // namespace

Result<RetryCondition> parse_retry_condition(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view word = text.substr(0, equals);
  const auto known =
      std::find_if(words.begin(), words.end(), [&](const auto& w) { return w.second == word; });
  if (known == words.end())
    return wrong(
        "must be exit, exit=N, signal, signal=NAME, error, error=CODE, failed, timed_out, lost or "
        "not_launched",
        text);
  RetryCondition condition{known->first, ""};
  if (equals == std::string_view::npos) return condition;
  const std::string_view detail = text.substr(equals + 1);
  const auto cut = std::string(detail.substr(0, longest_detail));
  switch (condition.kind) {
    case Kind::exit: {
      int status = 0;
      const auto [stopped, problem] = std::from_chars(detail.data(), detail.data() + detail.size(), status);
      if (problem != std::errc{} || stopped != detail.data() + detail.size() || status < 1 || status > 255)
        return wrong("must have an exit status from 1 to 255 behind 'exit='", text);
      condition.detail = std::to_string(status);
      return condition;
    }
    case Kind::signal:
      condition.detail = plain_signal(cut);
      if (condition.detail.empty()) return wrong("must have the name of a signal behind 'signal='", text);
      return condition;
    case Kind::error:
      condition.detail = cut;
      if (detail.empty() || detail.size() > longest_detail || detail.find('\0') != std::string_view::npos)
        return wrong("must have the type of an exception behind 'error='", text);
      return condition;
    default: return wrong("must have nothing behind '" + std::string(word) + "'", text);
  }
}

std::string text_of(const RetryCondition& condition) {
  std::string text;
  for (const auto& [kind, word] : words)
    if (kind == condition.kind) text = word;
  if (!condition.detail.empty()) text += "=" + condition.detail;
  return text;
}

}  // namespace procpool
