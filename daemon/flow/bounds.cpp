#include "daemon/flow/bounds.hpp"

#include "common/counted.hpp"

namespace procpool::flow {

Result<void> Bounds::may_enter() {
  if (!is_full()) return {};
  ++refused_;
  return Error(ErrorCode::queue_full,
               "the queue is full: " + counted(waiting_.tasks, "task") + " with " +
                   counted(waiting_.bytes, "byte") + " of inputs " + (waiting_.tasks == 1 ? "has" : "have") +
                   " not ended (limits.queued_tasks is " + std::to_string(limits_.queued_tasks) +
                   ", limits.queued_bytes is " + std::to_string(limits_.queued_bytes) +
                   "); try again later, wait with --when-full wait, or raise them");
}

Result<void> Bounds::may_be_kept(std::optional<std::uint64_t> free_bytes) {
  auto room = has_disk(free_bytes);
  if (!room) ++refused_by_disk_;
  return room;
}

Result<void> Bounds::has_disk(std::optional<std::uint64_t> free_bytes) const {
  if (!free_bytes || *free_bytes >= limits_.disk_free) return {};
  return Error(ErrorCode::disk_full,
               "the disk of the state directory is full: " + counted(*free_bytes, "byte is", "bytes are") +
                   " left, and limits.disk_free wants " + std::to_string(limits_.disk_free) +
                   "; make room there, or submit without --async");
}

bool Bounds::has_room(const Job& job) const {
  if (is_full()) return false;
  if (!job.spec.attached) return true;
  return job.outstanding_tasks() < limits_.window_tasks && job.outstanding_bytes() < limits_.window_bytes;
}

std::vector<reply::Limit> Bounds::describe(std::optional<std::uint64_t> free_bytes) const {
  return {{"queued_tasks", limits_.queued_tasks, waiting_.tasks, refused_},
          {"queued_bytes", limits_.queued_bytes, waiting_.bytes, refused_},
          {"window_tasks", limits_.window_tasks, std::nullopt, std::nullopt},
          {"window_bytes", limits_.window_bytes, std::nullopt, std::nullopt},
          {"capture_bytes", limits_.capture_bytes, std::nullopt, std::nullopt},
          {"disk_free", limits_.disk_free, free_bytes, refused_by_disk_}};
}

}  // namespace procpool::flow
