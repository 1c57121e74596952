#include <doctest/doctest.h>

#include <array>
#include <string_view>

#include "config/nearest_word.hpp"
#include "config/units.hpp"

namespace procpool::config {

TEST_CASE("durations are read in the units that people write") {
  CHECK(parse_duration("500ms") == Seconds(0.5));
  CHECK(parse_duration("10s") == Seconds(10));
  CHECK(parse_duration("1h30m") == Seconds(5400));
  CHECK(parse_duration("1h 30m") == Seconds(5400));
  CHECK(parse_duration(" 2 m ") == Seconds(120));
  CHECK(parse_duration("1.5d") == Seconds(129600));
  CHECK(parse_duration("250us") == Seconds(0.00025));
  CHECK(parse_duration("1d1h1m1s1ms1us") == Seconds(90061.001001));
}

TEST_CASE("what is not a duration is refused") {
  for (const char* text :
       {"",      " ",    "10",     "s",   "s10",  "-1s", "+1s",  "1e3s",  "1.s",  ".5s", "1s1s",
        "30m1h", "1 0s", "10 sec", "10S", "1h30", "inf", "nans", "0x10s", "1,5s", "10s!"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("sizes are read in powers of 1024 and of 1000") {
  CHECK(parse_size("512B") == 512);
  CHECK(parse_size("64KiB") == 64 * 1024);
  CHECK(parse_size("64K") == 64 * 1024);
  CHECK(parse_size("64kB") == 64'000);
  CHECK(parse_size("64MiB") == 64 << 20);
  CHECK(parse_size("64 MiB") == 64 << 20);
  CHECK(parse_size("1.5GiB") == 3ULL << 29);
  CHECK(parse_size("1.5GB") == 1'500'000'000);
  CHECK(parse_size("1TiB") == 1ULL << 40);
  CHECK(parse_size("0B") == 0);
  CHECK(parse_size("8388607TiB") == 8388607ULL << 40);
}

TEST_CASE("what is not a size is refused") {
  for (const char* text : {"", "64", "MiB", "-1MiB", "1e3B", "1MiB1KiB", "64mib", "64MIB", "1.MiB",
                           "8388608TiB", "99999999999999999999999TiB", "inf"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("durations and sizes are written so that they read as the same") {
  CHECK(duration_text(Seconds(0)) == "0s");
  CHECK(duration_text(Seconds(5400)) == "1h30m");
  CHECK(duration_text(Seconds(0.1)) == "100ms");
  CHECK(duration_text(Seconds(86400)) == "1d");
  CHECK(size_text(0) == "0B");
  CHECK(size_text(1000) == "1000B");
  CHECK(size_text(64 << 20) == "64MiB");
  CHECK(size_text((1 << 20) + 1) == "1048577B");
  for (const double seconds : {0.000001, 0.5, 1.25, 59.999, 61.0, 3599.0, 90061.5})
    CHECK(parse_duration(duration_text(Seconds(seconds))) == Seconds(seconds));
  for (const std::uint64_t bytes : {0ULL, 1ULL, 1023ULL, 1024ULL, 1536ULL, 1ULL << 32, 5ULL << 40})
    CHECK(parse_size(size_text(bytes)) == bytes);
}

TEST_CASE("a misspelt word finds its neighbour, a strange one finds none") {
  constexpr std::array<std::string_view, 4> words{"connections", "connections_per_user", "kept_jobs", "argv"};
  CHECK(nearest_word("conections", words) == "connections");
  CHECK(nearest_word("connection", words) == "connections");
  CHECK(nearest_word("connections_per_usr", words) == "connections_per_user");
  CHECK(nearest_word("kept-jobs", words) == "kept_jobs");
  CHECK(nearest_word("agrv", words) == "argv");
  CHECK(nearest_word("colour", words).empty());
  CHECK(nearest_word("", words).empty());
  CHECK(nearest_word(std::string_view("a connection that goes on and on and on and on and on and on and on"),
                     words)
            .empty());
}

}  // namespace procpool::config
