#include "common/protocol/time_text.hpp"

namespace procpool::protocol {
namespace {

void put(char* at, int digits, unsigned value) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::string to_rfc3339(WallTime time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<microseconds>(time - day));
  std::string text = "0000-00-00T00:00:00.000000Z";
  put(&text[0], 4, static_cast<unsigned>(static_cast<int>(date.year())));
  put(&text[5], 2, static_cast<unsigned>(date.month()));
  put(&text[8], 2, static_cast<unsigned>(date.day()));
  put(&text[11], 2, static_cast<unsigned>(clock.hours().count()));
  put(&text[14], 2, static_cast<unsigned>(clock.minutes().count()));
  put(&text[17], 2, static_cast<unsigned>(clock.seconds().count()));
  put(&text[20], 6, static_cast<unsigned>(clock.subseconds().count()));
  return text;
}

}  // namespace procpool::protocol
