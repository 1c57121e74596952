#include <benchmark/benchmark.h>

#include <cstdint>

#include "daemon/scheduler/scheduler.hpp"

namespace procpool::scheduler {
namespace {

constexpr std::uint64_t unbounded = UINT64_MAX;

/// The life of a job of one task, beside so many others that wait.
void schedule_one(benchmark::State& state) {
  Scheduler scheduler;
  scheduler.add_job(JobId{1}, -1, 1);
  scheduler.add_tasks(JobId{1}, {0, static_cast<std::uint64_t>(state.range(0))});
  std::int64_t id = 2;
  for (auto _ : state) {
    const JobId job{id++};
    scheduler.add_job(job, 0, std::nullopt);
    scheduler.add_tasks(job, {0, 1});
    scheduler.worker_idle(WorkerId{1}, unbounded);
    benchmark::DoNotOptimize(scheduler.decide());
    scheduler.settle(WorkerId{1}, 1, Seconds{1e-5});
    scheduler.remove_job(job);
    scheduler.worker_gone(WorkerId{1}, Progress::not_begun);
  }
}
BENCHMARK(schedule_one)->Arg(0)->Arg(1'000'000);

/// One task of a long map, handed out and settled.
void schedule_of_map(benchmark::State& state) {
  Scheduler scheduler;
  scheduler.add_job(JobId{1}, 0, 1);
  scheduler.add_tasks(JobId{1}, {0, unbounded});
  for (auto _ : state) {
    scheduler.worker_idle(WorkerId{1}, unbounded);
    benchmark::DoNotOptimize(scheduler.decide());
    scheduler.settle(WorkerId{1}, 1, Seconds{1e-5});
  }
}
BENCHMARK(schedule_of_map);

}  // namespace
}  // namespace procpool::scheduler
