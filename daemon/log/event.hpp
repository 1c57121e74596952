#pragma once

#include <span>
#include <string_view>

namespace procpool::log {

/// The kinds of events that need more words than a line has. The journal knows each by an
/// id of its own (MESSAGE_ID), explains it with the text that systemd/procpoold.catalog has
/// for that id (`journalctl -x`), and finds all of one kind by it. An id is for ever.
enum class Event {
  none,
  ready,
  stopping,
  ended,
  settings_refused,
  restart_needed,
  jobs_go_on,
  job_not_recovered,
  job_unsuccessful,
  callback_failed,
  worker_start_failed,
  worker_lost,
  pool_broken,
  disk_full,
  disk_failed,
  disk_good,
  unfit,
  connection_cut,
  no_descriptors,
  breakdown
};

struct EventKind {
  Event event;
  std::string_view name;  // in lines of JSON
  std::string_view id;    // 128 bits as the journal writes them
};

/// All of them but `none`, in the order above.
std::span<const EventKind> event_kinds();

/// What the table has of it; empty texts for `none`.
EventKind kind_of(Event event);

}  // namespace procpool::log
