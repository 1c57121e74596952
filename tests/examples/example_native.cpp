// A library for a pool of the kind `native`, and what a test or a benchmark needs of
// one. It is built without this project by
//
//     c++ -std=c++17 -O2 -shared -fPIC -o libexample_native.so example_native.cpp
//
// and served by `procpool pool create native --workers 2 --library ./libexample_native.so`.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/native/procpool_native.hpp"  // installed: <procpool/procpool_native.hpp>

namespace {

std::string greeting = "hello";

void noop() {}

std::int64_t square(std::int64_t x) { return x * x; }

double add(double a, double b) { return a + b; }

bool is_prime(std::int64_t number) {
  if (number < 2) return false;
  for (std::int64_t divisor = 2; divisor * divisor <= number; ++divisor)
    if (number % divisor == 0) return false;
  return true;
}

/// How many primes there are from `low` up to, but not including, `high`.
std::int64_t count_primes(std::int64_t low, std::int64_t high) {
  std::int64_t count = 0;
  for (std::int64_t number = low; number < high; ++number) count += is_prime(number) ? 1 : 0;
  return count;
}

/// In bytes of UTF-8.
std::size_t length(std::string_view text) { return text.size(); }

std::string echo(std::string text) { return text; }

std::string greet(const std::string& name) { return greeting + " " + name; }

procpool::native::Json same(const procpool::native::Json& value) { return value; }

void fail(const std::string& message) { throw std::runtime_error(message); }

std::int64_t fail_every_third(std::int64_t number) {
  if (number % 3 == 0) throw procpool::native::Error("ValueError", "bad number " + std::to_string(number));
  return number;
}

/// An initializer: `--initializer set_up --initargs '["good morning"]'`.
void set_up(const std::string& words) { greeting = words; }

}  // namespace

PROCPOOL_FUNCTIONS(noop, square, add, is_prime, count_primes, length, echo, greet, same, fail,
                   fail_every_third, set_up);
