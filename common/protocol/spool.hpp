#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/ids.hpp"
#include "common/job/control_group.hpp"
#include "common/protocol/worker_message.hpp"
#include "common/result.hpp"

/// The lines of a spool file, in which a worker for commands leaves what becomes of one
/// batch, so that it is known when the daemon is not there to hear it. The page that
/// defines them is worker.md beside this file. Lines here have no '\n'.
///
///     {"spool":1,"job":6,"first":40,"count":20,"attempt":1,"control_group":"limits"}
///                                                             what it is about
///     {"begun":40}                                            before a task begins
///     an answer, as it goes over the channel                  when it has ended
///     {"batch":19,"dropped":19}                               what was never begun
namespace procpool::spool {

/// The first line.
struct Header {
  JobId job;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  int attempt = 1;
  std::optional<ControlGroup> control_group = std::nullopt;  // of the worker, if it is known

  friend bool operator==(const Header&, const Header&) = default;
};

struct Begun {
  std::uint64_t index = 0;
};

std::string encode(const Header& header);
std::string encode(const Begun& begun);

using Line =
    std::variant<Header, Begun, worker_message::Succeeded, worker_message::Ended, worker_message::Dropped>;
/// Answers have views that live as long as the line.
Result<Line> decode(std::string_view line);

}  // namespace procpool::spool
