#include "daemon/scheduler/scheduler.hpp"

#include <algorithm>
#include <stdexcept>

namespace procpool::scheduler {

void Scheduler::add_job(JobId job, int priority, std::optional<std::uint32_t> chunksize, Grouping grouping) {
  jobs_.emplace(job, Job{priority, ChunkSize(chunksize, grouping), {}, 0, false, {}});
}

void Scheduler::add_tasks(JobId id, Range tasks) {
  Job& job = jobs_.at(id);
  const bool follows =
      !job.queued.empty() && job.queued.back().first + job.queued.back().count == tasks.first;
  if (follows && job.takes_more) {
    job.queued.back().count += tasks.count;
  } else if (tasks.count > 0) {
    job.queued.push_back(tasks);
    job.takes_more = true;
  }
  job.queued_count += tasks.count;
  queued_ += tasks.count;
  enter_line(id, job);
}

void Scheduler::add_again(JobId id, Range tasks) { queue_front(id, tasks); }

std::vector<Range> Scheduler::drop_queued(JobId id) {
  Job& job = jobs_.at(id);
  std::vector<Range> dropped(job.queued.begin(), job.queued.end());
  queued_ -= job.queued_count;
  job.queued.clear();
  job.queued_count = 0;
  leave_line(job);
  return dropped;
}

void Scheduler::remove_job(JobId id) {
  leave_line(jobs_.at(id));
  jobs_.erase(id);
}

void Scheduler::worker_idle(WorkerId id, std::uint64_t allowance, bool gives_back) {
  Worker& worker = workers_[id];
  if (worker.chunk) throw std::logic_error("a worker with a chunk was called idle");
  worker.allowance = allowance;
  worker.gives_back = gives_back;
  idle_.push_back(id);
}

std::optional<Abandoned> Scheduler::worker_gone(WorkerId id, Progress first_unsettled) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return std::nullopt;
  const std::optional<Assignment> chunk = found->second.chunk;
  workers_.erase(found);
  std::erase(idle_, id);
  if (!chunk) return std::nullopt;
  Abandoned abandoned{chunk->job, std::nullopt, chunk->tasks.count};
  Range rest = chunk->tasks;
  if (first_unsettled == Progress::begun) {
    abandoned = {chunk->job, rest.first, rest.count - 1};
    rest = {rest.first + 1, rest.count - 1};
  }
  queue_front(chunk->job, rest);
  return abandoned;
}

void Scheduler::settle(WorkerId id, std::uint64_t count, Seconds elapsed) {
  Worker& worker = busy_worker(id);
  Range& tasks = worker.chunk->tasks;
  if (count > tasks.count) throw std::logic_error("more tasks were settled than the chunk has");
  jobs_.at(worker.chunk->job).chunk_size.learn(count, elapsed);
  tasks.first += count;
  tasks.count -= count;
  if (tasks.count == 0) worker.chunk.reset();
}

void Scheduler::give_back(WorkerId id, std::uint64_t count) {
  const JobId job = busy_worker(id).chunk->job;
  queue_front(job, take_back(id, count));
}

Range Scheduler::take_back(WorkerId id, std::uint64_t count) {
  Worker& worker = busy_worker(id);
  Range& tasks = worker.chunk->tasks;
  count = std::min(count, tasks.count);
  tasks.count -= count;
  const Range back{tasks.first + tasks.count, count};
  if (tasks.count == 0) worker.chunk.reset();
  return back;
}

std::vector<Assignment> Scheduler::decide() {
  std::vector<Assignment> assignments;
  while (!paused_ && !idle_.empty() && !lines_.empty()) {
    std::list<JobId>& line = lines_.begin()->second;
    const JobId id = line.front();
    Job& job = jobs_.at(id);
    const WorkerId worker_id = idle_.back();
    idle_.pop_back();
    Worker& worker = workers_.at(worker_id);
    leave_line(job);
    worker.chunk = Assignment{worker_id, id, take_chunk(job, worker)};
    enter_line(id, job);
    assignments.push_back(*worker.chunk);
  }
  return assignments;
}

std::optional<Assignment> Scheduler::chunk_of(WorkerId id) const {
  const auto found = workers_.find(id);
  return found == workers_.end() ? std::nullopt : found->second.chunk;
}

std::uint64_t Scheduler::queued_of(JobId id) const {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? 0 : found->second.queued_count;
}

void Scheduler::queue_front(JobId id, Range tasks) {
  if (tasks.count == 0) return;
  Job& job = jobs_.at(id);
  if (job.queued.empty()) job.takes_more = false;
  job.queued.push_front(tasks);
  job.queued_count += tasks.count;
  queued_ += tasks.count;
  enter_line(id, job);
}

void Scheduler::enter_line(JobId id, Job& job) {
  if (job.turn || job.queued_count == 0) return;
  std::list<JobId>& line = lines_[job.priority];
  job.turn = line.insert(line.end(), id);
}

void Scheduler::leave_line(Job& job) {
  if (!job.turn) return;
  const auto line = lines_.find(job.priority);
  line->second.erase(*job.turn);
  if (line->second.empty()) lines_.erase(line);
  job.turn.reset();
}

Range Scheduler::take_chunk(Job& job, const Worker& worker) {
  Range& front = job.queued.front();
  const Taker taker{workers_.size(), worker.gives_back, !lines_.empty()};
  const std::uint64_t wanted = job.chunk_size.next(job.queued_count, taker);
  const Range chunk{front.first,
                    std::min({wanted, front.count, std::max<std::uint64_t>(worker.allowance, 1)})};
  front.first += chunk.count;
  front.count -= chunk.count;
  if (front.count == 0) job.queued.pop_front();
  job.queued_count -= chunk.count;
  queued_ -= chunk.count;
  return chunk;
}

Scheduler::Worker& Scheduler::busy_worker(WorkerId id) {
  Worker& worker = workers_.at(id);
  if (!worker.chunk) throw std::logic_error("a worker without a chunk was said to work");
  return worker;
}

}  // namespace procpool::scheduler
