#include "daemon/log/event.hpp"

#include <array>

namespace procpool::log {
namespace {

constexpr std::array<EventKind, 19> kinds{{
    {Event::ready, "ready", "d2a45e5a0b2a4b98af31fedbe1083b9b"},
    {Event::stopping, "stopping", "b1563a50a2814916b0449f4179c6f8b7"},
    {Event::ended, "ended", "e30060adb88a4ae297aebf20356ffbb8"},
    {Event::settings_refused, "settings_refused", "7850572d9e7641758618f17cee70928c"},
    {Event::restart_needed, "restart_needed", "637fee3fafd4422fa9f65301b64d43e9"},
    {Event::jobs_go_on, "jobs_go_on", "62320d58d629489faebc6a85512af1ba"},
    {Event::job_not_recovered, "job_not_recovered", "215b26ea820c491e93cef12164eff98a"},
    {Event::job_unsuccessful, "job_unsuccessful", "ab1e4fcde5e14c1c98ea9d384ea732e4"},
    {Event::callback_failed, "callback_failed", "8c32a2fd786e4a7cab29c4cb1a68429d"},
    {Event::worker_start_failed, "worker_start_failed", "a59cc68db26644b5acab769b99c38d3f"},
    {Event::worker_lost, "worker_lost", "b0d4fa0161904b9fbf9c1a1c4be4248a"},
    {Event::pool_broken, "pool_broken", "271ea5bc97c7435d8d78a6d8313b057c"},
    {Event::disk_full, "disk_full", "faedcc6e739b4921b6e575b6b2f533f2"},
    {Event::disk_failed, "disk_failed", "3a2ff0c9ba084dd38eeb9915a10e796f"},
    {Event::disk_good, "disk_good", "a464831272244e63a1c820d8d3d3ed08"},
    {Event::unfit, "unfit", "ce756ee001c84771a292dc91bc23d1ab"},
    {Event::connection_cut, "connection_cut", "c3186eb58a404916a6bd178037fa04b4"},
    {Event::no_descriptors, "no_descriptors", "70ab6677b51f41babdce26a6db908681"},
    {Event::breakdown, "breakdown", "e7ccc2347f314e8687e5cf98e82fe4a0"},
}};

}  // namespace

std::span<const EventKind> event_kinds() { return kinds; }

EventKind kind_of(Event event) {
  for (const EventKind& kind : kinds)
    if (kind.event == event) return kind;
  return {Event::none, "", ""};
}

}  // namespace procpool::log
