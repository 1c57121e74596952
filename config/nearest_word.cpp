#include "config/nearest_word.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace procpool::config {
namespace {

constexpr std::size_t longest = 64;  // a longer word is no misspelling
constexpr std::size_t shortest_beginning = 3;

/// How many letters must be put in, left out, changed or swapped with their
/// neighbour (the optimal string alignment distance).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words) {
  if (word.size() > longest) return {};
  std::string small(word);
  for (char& letter : small)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter | 0x20);
  for (const std::string_view candidate : words)
    if (word.size() >= shortest_beginning && candidate.starts_with(small)) return candidate;
  std::string_view nearest;
  std::size_t best = word.size() / 3 + 2;
  for (const std::string_view candidate : words) {
    // Names of variables are in capitals.
    const std::size_t here = std::min(distance(word, candidate), distance(small, candidate));
    if (here < best && here < candidate.size()) {
      best = here;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace procpool::config
