#include <doctest/doctest.h>

#include "daemon/worker/native_pacing.hpp"

namespace {

using procpool::worker::NativePacing;
using std::chrono::microseconds;

TEST_CASE("tasks of a small batch are answered one by one until enough of them in a row were quick") {
  NativePacing pacing(true);
  pacing.begin_batch(999);
  for (std::size_t i = 0; i < NativePacing::proof; ++i) {
    CHECK(pacing.size() == 1);
    pacing.ran(1, microseconds(1));
  }
  CHECK(pacing.size() == 8);
}

TEST_CASE("tasks of a large batch are gathered at once, in growing blocks of at most a millisecond") {
  NativePacing pacing(true);
  pacing.begin_batch(1000);
  CHECK(pacing.size() == 8);
  pacing.ran(8, microseconds(10));
  CHECK(pacing.size() == 16);
  pacing.ran(16, microseconds(600));
  CHECK(pacing.size() == 16);
  pacing.ran(400, microseconds(1001));
  CHECK(pacing.size() == 8);
}

TEST_CASE("a block is never larger than its bound") {
  NativePacing pacing(true);
  pacing.begin_batch(1000);
  for (int i = 0; i < 100; ++i) pacing.ran(pacing.size(), microseconds(1));
  CHECK(pacing.size() == NativePacing::last_block);
}

TEST_CASE("after one slow block every task is answered by itself again, until there is a new proof") {
  NativePacing pacing(true);
  pacing.begin_batch(100'000);
  pacing.ran(8, microseconds(401));
  CHECK(pacing.size() == 1);
  for (std::size_t i = 1; i < NativePacing::proof; ++i) pacing.ran(1, microseconds(50));
  CHECK(pacing.size() == 1);
  pacing.ran(1, microseconds(51));
  for (std::size_t i = 1; i < NativePacing::proof; ++i) pacing.ran(1, microseconds(1));
  CHECK(pacing.size() == 1);
  pacing.ran(1, microseconds(1));
  CHECK(pacing.size() == 8);
}

}  // namespace
