// How many lines of one kind the log shows.

#include <doctest/doctest.h>

#include "daemon/log/flood.hpp"

namespace procpool::log {
namespace {

using Verdict = Flood::Verdict;
constexpr Flood::Clock::time_point begin{};
constexpr auto level = spdlog::level::warn;

const About lost{.pool = "py", .event = Event::worker_lost};

}  // namespace

TEST_CASE("of a kind the first lines are shown, the last of them says so, and the others are counted") {
  Flood flood;
  for (std::uint64_t line = 1; line < Flood::most; ++line)
    CHECK(flood.judge(level, lost, begin) == Verdict::shown);
  CHECK(flood.judge(level, lost, begin) == Verdict::last);
  for (int line = 0; line < 3; ++line) CHECK(flood.judge(level, lost, begin) == Verdict::left_out);
  CHECK(flood.take_ended(begin + Flood::time / 2).empty());
  const auto ended = flood.take_ended(begin + Flood::time);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].told() == "3 lines of the kind worker_lost were left out");
  CHECK(ended[0].pool == "py");
  CHECK(flood.take_all().empty());
  CHECK(flood.judge(level, lost, begin + Flood::time) == Verdict::shown);
}

TEST_CASE("another pool and another kind have a count of their own") {
  Flood flood;
  for (std::uint64_t line = 0; line <= Flood::most; ++line) flood.judge(level, lost, begin);
  CHECK(flood.judge(level, {.pool = "other", .event = Event::worker_lost}, begin) == Verdict::shown);
  CHECK(flood.judge(level, {.pool = "py", .event = Event::worker_start_failed}, begin) == Verdict::shown);
  const auto all = flood.take_all();
  REQUIRE(all.size() == 1);
  CHECK(all[0].told() == "1 line of the kind worker_lost was left out");
}

TEST_CASE("what happens once, and how a job has ended, is always shown") {
  Flood flood;
  for (const Event event : {Event::none, Event::job_unsuccessful, Event::pool_broken, Event::disk_full})
    for (std::uint64_t line = 0; line < 3 * Flood::most; ++line)
      CHECK(flood.judge(level, {.event = event}, begin) == Verdict::shown);
}

}  // namespace procpool::log
