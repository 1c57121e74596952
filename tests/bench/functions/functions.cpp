// The functions that the benches call, as a library for a pool of the kind `native`;
// functions.py has the same ones.

#include <chrono>
#include <cstdint>
#include <string>

#include "common/native/procpool_native.hpp"
#include "tests/bench/functions/primes.hpp"

namespace {

void noop() {}

std::int64_t same(std::int64_t x) { return x; }

std::int64_t square(std::int64_t x) { return x * x; }

std::string same_text(std::string text) { return text; }

/// Takes so long whatever the CPU does meanwhile, and keeps it busy.
std::int64_t spin(std::int64_t microseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
  while (std::chrono::steady_clock::now() < end) {
  }
  return microseconds;
}

std::int64_t count_primes(std::int64_t low, std::int64_t high) {
  return procpool::bench::count_primes(low, high);
}

}  // namespace

PROCPOOL_FUNCTIONS(noop, same, square, same_text, spin, count_primes);
