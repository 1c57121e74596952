#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "common/os/process_identity.hpp"
#include "common/protocol/spool.hpp"
#include "common/result.hpp"

namespace procpool::pool {

/// What became of a batch of commands, as its spool file says. Its tasks are in this order:
///
///     answered   the outcome is known
///     lost       they had begun or may have, and nobody knows how they ended
///     returned   they never began, and may be run
struct SpoolAccount {
  std::uint64_t answered = 0;
  std::uint64_t lost = 0;
  std::uint64_t returned = 0;
  std::string damage;  // what is wrong with the file, for people; empty if nothing is
  std::optional<ControlGroup> control_group = std::nullopt;  // that the tasks began in, if it says so

  friend bool operator==(const SpoolAccount&, const SpoolAccount&) = default;
};

/// The outcome of one task; views into it live as long as the call that tells it.
using SpoolAnswer = std::variant<worker_message::Succeeded, worker_message::Ended>;
using OnSpoolAnswer = std::function<void(std::uint64_t index, const SpoolAnswer& answer)>;

struct SpoolBounds {
  std::size_t line_bytes = std::size_t{64} << 20;  // as of any line of a worker
};

/// Did the worker live under the kernel that runs now? What it wrote was not synced, so of
/// another boot only what is there counts, and what is not may have been.
enum class SpoolBoot { ours, another };
SpoolBoot boot_of(const os::ProcessIdentity& worker);

/// Reads the file of a batch whose worker has ended, and tells the answers in order. The
/// worker is believed no more than by its channel: from a line on that cannot be, what is
/// not answered is lost. Where there is no file nothing has begun. An error is one of this
/// machine, as a lack of descriptors: it says nothing about the tasks.
Result<SpoolAccount> read_spool(const std::string& path, const spool::Header& batch, SpoolBoot boot,
                                const OnSpoolAnswer& on_answer, const SpoolBounds& bounds = {});

/// The name of the file of a batch: "6-40-1-4711-88112233.spool". It can be told again by
/// what is stored of the batch. A worker that is given the same batch twice finds it taken,
/// unless it was removed when the first was settled.
std::string spool_file_name(const spool::Header& batch, const os::ProcessIdentity& worker);

}  // namespace procpool::pool
