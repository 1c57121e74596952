#pragma once

#include <chrono>
#include <thread>

#include "tests/support/child_output.hpp"

namespace procpool::test {

/// Asks again and again until the condition holds; false if it never did within the
/// limit. For what others do, and what nobody announces.
template <class Condition>
[[nodiscard]] bool wait_until(const Condition& condition, std::chrono::milliseconds limit = generous) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace procpool::test
