#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

#include "common/ids.hpp"
#include "daemon/log/event.hpp"

namespace procpool::log {

/// What a line is about: all lines of one job are found by its id, all of one kind by its
/// event.
struct About {
  std::optional<JobId> job = {};
  std::string_view pool = {};
  pid_t worker = 0;  // 0: none
  std::optional<uid_t> user = {};
  std::string_view state = {};  // that the job has come to
  Event event = Event::none;
};

}  // namespace procpool::log
