#include <doctest/doctest.h>

#include <stdlib.h>
#include <time.h>

#include <string>

#include "client/facts.hpp"
#include "client/progress.hpp"
#include "client/shown.hpp"
#include "client/table.hpp"
#include "common/counted.hpp"

using namespace procpool::client;
using procpool::counted;

TEST_CASE("a table is as wide as what is in it, and no line ends in a space") {
  Table table({{"NAME"}, {"N", Align::right}, {"WHAT"}});
  table.add({"a", "1", ""});
  table.add({"müller", "1000", "x y"});
  CHECK(table.text(false) ==
        "NAME       N  WHAT\n"
        "a          1\n"
        "müller  1000  x y\n");
  CHECK(table.text(true).starts_with("\x1b[1mNAME       N  WHAT\x1b[0m\n"));
}

TEST_CASE("a table without rows has its headings, and a short row is filled up") {
  Table table({{"A"}, {"B"}});
  CHECK(table.text(false) == "A  B\n");
  table.add({"x"});
  CHECK(table.text(false) == "A  B\nx\n");
}

TEST_CASE("of one thing is spoken as of one, of none and of several as of several") {
  CHECK(counted(0, "job") == "0 jobs");
  CHECK(counted(1, "job") == "1 job");
  CHECK(counted(2, "job") == "2 jobs");
  CHECK(counted(1, "task runs", "tasks run") == "1 task runs");
  CHECK(counted(3, "task runs", "tasks run") == "3 tasks run");
  CHECK(shown_bytes(1) == "1 byte");
}

TEST_CASE("nothing that others wrote is obeyed by the terminal") {
  CHECK(shown("a\nb\tc") == "a b c");
  CHECK(shown("\x1b[31mred") == "\\x1b[31mred");
  CHECK(shown("\xFF!") == "\xEF\xBF\xBD!");
  CHECK(shown("\xC2\x9B"
              "31m") == "\\x9b31m");
  CHECK(shown("größe") == "größe");
  CHECK(shown_lines("a\n\tb\r\x07") == "a\n\tb \\x07");
  Table table({{"A"}});
  table.add({"x\x1b]0;evil\x07"});
  CHECK(table.text(false) == "A\nx\\x1b]0;evil\\x07\n");
}

TEST_CASE("a long text is cut where it is quoted, and not inside of a character") {
  CHECK(shown_short("short") == "'short'");
  CHECK(shown_short(std::string(39, 'x') + "üüü") == "'" + std::string(39, 'x') + "...'");
}

TEST_CASE("durations for people") {
  CHECK(shown_duration(0) == "0 s");
  CHECK(shown_duration(0.25) == "0.25 s");
  CHECK(shown_duration(2) == "2 s");
  CHECK(shown_duration(2.51) == "2.5 s");
  CHECK(shown_duration(59.4) == "59 s");
  CHECK(shown_duration(200) == "3 min 20 s");
  CHECK(shown_duration(180) == "3 min");
  CHECK(shown_duration(7500) == "2 h 5 min");
  CHECK(shown_duration(3 * 86400 + 4 * 3600) == "3 d 4 h");
}

TEST_CASE("times are local for people, and what is no time stays as it is") {
  setenv("TZ", "UTC0", 1);
  tzset();
  CHECK(shown_time("2026-11-21T03:04:05.678901Z") == "2026-11-21 03:04:05 UTC");
  CHECK(shown_time("soon") == "soon");
  CHECK(seconds_since("soon") == 0);
}

TEST_CASE("a bar with rate and ETA once the total is known") {
  CHECK(progress_line({5, std::nullopt}, 10, 80) == "5  0.5/s");
  CHECK(progress_line({50, 100}, 10, 80) ==
        "[====================>                   ] 50/100  5.0/s  ETA 10 s");
  CHECK(progress_line({100, 100}, 10, 80) == "[========================================] 100/100  10.0/s");
  CHECK(progress_line({0, 4}, 1, 80) == "[>                                       ] 0/4  0.0/s");
}

TEST_CASE("a bar fits into the terminal") {
  for (const std::size_t columns : {10U, 20U, 30U, 40U, 60U})
    CHECK(progress_line({123'456, 1'000'000}, 10, columns).size() < columns);
}

TEST_CASE("facts that are not there are left out of the sheet") {
  const auto object = procpool::json::check(R"({"name":"x","count":3,"none":null,"list":["a","b"]})");
  REQUIRE(object);
  Facts facts(*object);
  FactSheet sheet;
  sheet.add("name", facts.text("name"));
  sheet.add("missing", facts.text("missing"));
  sheet.add("none", facts.number("none"));
  sheet.add("count", facts.number("count"));
  sheet.add("list", facts.joined("list", ", "));
  CHECK(sheet.take() ==
        "name:               x\n"
        "count:              3\n"
        "list:               a, b\n");
}
