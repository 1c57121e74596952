#include "daemon/log/flood.hpp"

#include "common/counted.hpp"

namespace procpool::log {
namespace {

bool may_come_without_end(Event event) {
  switch (event) {
    case Event::settings_refused:
    case Event::worker_start_failed:
    case Event::worker_lost:
    case Event::callback_failed:
    case Event::connection_cut:
    case Event::no_descriptors:
    case Event::breakdown: return true;
    default: return false;
  }
}

}  // namespace

Flood::Verdict Flood::judge(spdlog::level::level_enum level, const About& about, Clock::time_point now) {
  if (!may_come_without_end(about.event)) return Verdict::shown;
  Count& count =
      counts_.try_emplace({about.event, std::string(about.pool)}, Count{now, 0, level}).first->second;
  ++count.lines;
  if (count.lines == most) return Verdict::last;
  return count.lines < most ? Verdict::shown : Verdict::left_out;
}

std::vector<Flood::LeftOut> Flood::take_ended(Clock::time_point now) {
  std::vector<LeftOut> ended;
  std::erase_if(counts_, [&](const auto& entry) {
    const auto& [kind, count] = entry;
    if (now < Clock::time_point::max() && now - count.since < time) return false;
    if (count.lines > most) ended.push_back({count.level, kind.first, kind.second, count.lines - most});
    return true;
  });
  return ended;
}

std::string Flood::LeftOut::told() const {
  return counted(lines, "line") + " of the kind " + std::string(kind_of(event).name) +
         (lines == 1 ? " was" : " were") + " left out";
}

}  // namespace procpool::log
