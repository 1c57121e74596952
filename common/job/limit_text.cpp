#include "common/job/limit_text.hpp"

#include <algorithm>
#include <charconv>

#include "common/job/process_limits.hpp"

namespace procpool {
namespace {

std::optional<int> number_in(std::string_view digits, int base, LimitRange range) {
  int number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, problem] = std::from_chars(digits.data(), end, number, base);
  if (problem != std::errc{} || stop != end || digits.front() == '-') return std::nullopt;
  if (number < range.least || number > range.most) return std::nullopt;
  return number;
}

/// "6" or "0-3".
bool add_part(std::string_view part, std::vector<int>& cpus) {
  const std::size_t dash = part.find('-');
  const auto first = number_in(part.substr(0, dash), 10, limit_range::cpu);
  const auto last =
      dash == std::string_view::npos ? first : number_in(part.substr(dash + 1), 10, limit_range::cpu);
  if (!first || !last || *first > *last) return false;
  for (int cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return true;
}

}  // namespace

std::optional<std::vector<int>> parse_cpu_list(std::string_view text) {
  constexpr std::size_t longest = 4096;
  if (text.size() > longest) return std::nullopt;
  std::vector<int> cpus;
  for (;;) {
    const std::size_t comma = text.find(',');
    if (!add_part(text.substr(0, comma), cpus)) return std::nullopt;
    if (comma == std::string_view::npos) return cpus;
    text.remove_prefix(comma + 1);
  }
}

std::string cpu_list_text(const std::vector<int>& cpus) {
  std::string text;
  for (std::size_t first = 0; first < cpus.size();) {
    std::size_t last = first;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(cpus[first]);
    if (last > first) text += "-" + std::to_string(cpus[last]);
    first = last + 1;
  }
  return text;
}

std::optional<int> parse_umask(std::string_view text) {
  constexpr std::size_t longest = 4;
  if (text.size() > longest) return std::nullopt;
  return number_in(text, 8, limit_range::umask);
}

std::string umask_text(int umask) {
  const auto digit = [&](int shift) { return static_cast<char>('0' + (umask >> shift & 7)); };
  return {digit(6), digit(3), digit(0)};
}

}  // namespace procpool
