#include "common/protocol/time_text.hpp"

#include "common/job/start.hpp"

namespace procpool::protocol {
namespace {

void put(char* at, int digits, unsigned value) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

/// Takes a text apart from the front. What does not fit makes all of it bad.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int number(std::size_t digits, int least, int most) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + digit();
    good_ = good_ && value >= least && value <= most;
    return value;
  }
  char one_of(std::string_view wanted) {
    const char c = rest_.empty() ? '\0' : rest_.front();
    good_ = good_ && !rest_.empty() && wanted.find(c) != std::string_view::npos;
    if (good_) rest_.remove_prefix(1);
    return c;
  }
  std::chrono::nanoseconds fraction() {
    if (!rest_.starts_with('.')) return {};
    rest_.remove_prefix(1);
    std::int64_t unit = 1'000'000'000;
    std::int64_t value = digit() * (unit /= 10);
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') value += digit() * (unit /= 10);
    return std::chrono::nanoseconds(value);
  }
  bool at_good_end() const { return good_ && rest_.empty(); }

 private:
  int digit() { return one_of("0123456789") - '0'; }

  std::string_view rest_;
  bool good_ = true;
};

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

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  Scanner in(text);
  const int of_year = in.number(4, first_year, last_year);
  in.one_of("-");
  const int of_month = in.number(2, 1, 12);
  in.one_of("-");
  const int of_day = in.number(2, 1, 31);
  const year_month_day date(year(of_year), month(static_cast<unsigned>(of_month)),
                            day(static_cast<unsigned>(of_day)));
  in.one_of("Tt ");
  seconds clock = hours(in.number(2, 0, 23));
  in.one_of(":");
  clock += minutes(in.number(2, 0, 59));
  in.one_of(":");
  clock += seconds(in.number(2, 0, 60));
  const nanoseconds fraction = in.fraction();
  seconds offset{0};
  if (const char zone = in.one_of("Zz+-"); zone == '+' || zone == '-') {
    offset = hours(in.number(2, 0, 23));
    in.one_of(":");
    offset += minutes(in.number(2, 0, 59));
    if (zone == '-') offset = -offset;
  }
  if (!in.at_good_end() || !date.ok()) return std::nullopt;
  return WallTime(
      duration_cast<WallTime::duration>(sys_days(date).time_since_epoch() + clock - offset + fraction));
}

}  // namespace procpool::protocol
