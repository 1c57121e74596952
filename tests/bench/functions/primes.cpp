// bench_primes LOW HIGH [LOW HIGH]...: how many primes there are in all of these ranges.

#include <cstdint>
#include <iostream>
#include <string>

#include "tests/bench/functions/primes.hpp"

int main(int argc, char** argv) {
  std::int64_t count = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::int64_t low = std::stoll(argv[i]);
    const std::int64_t high = std::stoll(argv[i + 1]);
    count += procpool::bench::count_primes(low, high);
  }
  std::cout << count << '\n';
  return 0;
}
