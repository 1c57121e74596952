#include <doctest/doctest.h>

#include "daemon/scheduler/chunk_size.hpp"

namespace {

using namespace procpool;
using scheduler::ChunkSize;
using scheduler::Grouping;

constexpr std::uint64_t plenty = 10'000'000;

/// Of tasks that take so long each, after many of them.
ChunkSize used_to(ChunkSize size, Seconds each) {
  for (int i = 0; i < 100; ++i) size.learn(100, each * 100);
  return size;
}

}  // namespace

TEST_CASE("an adapted chunk takes about five milliseconds, or is one task that takes longer") {
  CHECK(used_to(ChunkSize(), Seconds(1e-5)).next(plenty, {2}) == doctest::Approx(500).epsilon(0.01));
  CHECK(used_to(ChunkSize(), Seconds(1e-3)).next(plenty, {2}) == doctest::Approx(5).epsilon(0.21));
  CHECK(used_to(ChunkSize(), Seconds(1)).next(plenty, {2}) == 1);
  CHECK(used_to(ChunkSize(), Seconds(0)).next(plenty, {2}) == 16'384);
}

TEST_CASE("it takes about twenty where no other job waits and what has not begun can be taken back") {
  const ChunkSize size = used_to(ChunkSize(), Seconds(1e-4));
  CHECK(size.next(plenty, {2, true, false}) == doctest::Approx(200).epsilon(0.01));
  CHECK(size.next(plenty, {2, true, true}) == doctest::Approx(50).epsilon(0.03));
  CHECK(size.next(plenty, {2, false, false}) == doctest::Approx(50).epsilon(0.03));
  CHECK(size.next(240, {2, true, false}) == 40);
}

TEST_CASE("what waits is shared: each worker should still get three chunks of it") {
  const ChunkSize size = used_to(ChunkSize(), Seconds(1e-4));
  CHECK(size.next(6000, {2}) == doctest::Approx(50).epsilon(0.03));
  CHECK(size.next(240, {2}) == 40);
  CHECK(size.next(30, {2}) == 5);
}

TEST_CASE("but no share is so small that handing it out would take longer than the work") {
  const ChunkSize size = used_to(ChunkSize(), Seconds(1e-5));
  CHECK(size.next(600, {2}) == 100);
  CHECK(size.next(30, {2}) == doctest::Approx(30).epsilon(0.04));
  CHECK(used_to(ChunkSize(), Seconds(1e-3)).next(3, {2}) == 1);
}

TEST_CASE("an estimate from few tasks is not trusted far, however they were answered") {
  ChunkSize size;
  CHECK(size.next(plenty, {2}) == 1);
  size.learn(1, Seconds(1e-6));
  CHECK(size.next(plenty, {2}) == 8);
  for (int i = 0; i < 8; ++i) size.learn(1, Seconds(1e-6));
  CHECK(size.next(plenty, {2}) == 72);
}

TEST_CASE("a fixed size holds whatever the tasks take") {
  CHECK(used_to(ChunkSize(7), Seconds(1e-6)).next(plenty, {2, true}) == 7);
  CHECK(used_to(ChunkSize(7, Grouping::where_given_back), Seconds(1e-6)).next(plenty, {2, false}) == 7);
}

TEST_CASE("to a worker that gives back go as many chunks of a fixed size as take about a millisecond") {
  const auto next = [](std::uint32_t fixed, Seconds each) {
    return used_to(ChunkSize(fixed, Grouping::where_given_back), each).next(plenty, {2, true});
  };
  CHECK(next(1, Seconds(1e-5)) == doctest::Approx(100).epsilon(0.01));
  CHECK(next(30, Seconds(1e-5)) == 90);
  CHECK(next(1000, Seconds(1e-5)) == 1000);
  CHECK(next(1, Seconds(1e-3)) == 1);
  CHECK(next(1, Seconds(1)) == 1);
  CHECK(ChunkSize(5, Grouping::where_given_back).next(plenty, {2, true}) == 5);
}
