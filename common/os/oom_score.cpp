#include "common/os/oom_score.hpp"

#include <fstream>

namespace procpool::os {

std::optional<int> oom_score_for_children(const char* ours) {
  constexpr int more = 200;
  int score = 0;
  if (std::ifstream file(ours); !(file >> score) || score >= 0) return std::nullopt;
  return score + more;
}

}  // namespace procpool::os
