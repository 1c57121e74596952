#include "daemon/flow/bounds.hpp"

namespace procpool::flow {

Result<void> Bounds::may_enter() {
  if (!is_full()) return {};
  ++refused_;
  return Error(ErrorCode::queue_full, "the queue is full: " + std::to_string(waiting_.tasks) +
                                          " tasks with " + std::to_string(waiting_.bytes) +
                                          " bytes of inputs wait (limits.queued_tasks is " +
                                          std::to_string(limits_.queued_tasks) + ", limits.queued_bytes is " +
                                          std::to_string(limits_.queued_bytes) + "); try again later");
}

bool Bounds::has_room(const Job& job) const {
  if (is_full()) return false;
  if (!job.spec.attached) return true;
  return job.outstanding_tasks() < limits_.window_tasks && job.outstanding_bytes() < limits_.window_bytes;
}

std::vector<reply::Limit> Bounds::describe() const {
  return {{"queued_tasks", limits_.queued_tasks, waiting_.tasks, refused_},
          {"queued_bytes", limits_.queued_bytes, waiting_.bytes, refused_},
          {"window_tasks", limits_.window_tasks, std::nullopt, std::nullopt},
          {"window_bytes", limits_.window_bytes, std::nullopt, std::nullopt},
          {"capture_bytes", limits_.capture_bytes, std::nullopt, std::nullopt}};
}

}  // namespace procpool::flow
