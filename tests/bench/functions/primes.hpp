#pragma once

#include <cstdint>

namespace procpool::bench {

/// From `low` up to, but not including, `high`, by trial division: work for a CPU alone.
inline std::int64_t count_primes(std::int64_t low, std::int64_t high) {
  std::int64_t count = 0;
  for (std::int64_t number = low < 2 ? 2 : low; number < high; ++number) {
    bool is_prime = true;
    for (std::int64_t divisor = 2; is_prime && divisor * divisor <= number; ++divisor)
      is_prime = number % divisor != 0;
    count += is_prime ? 1 : 0;
  }
  return count;
}

}  // namespace procpool::bench
