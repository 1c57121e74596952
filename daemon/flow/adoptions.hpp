#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/flow/job.hpp"
#include "daemon/io/event.hpp"
#include "daemon/pool/shepherd.hpp"
#include "daemon/scheduler/scheduler.hpp"
#include "daemon/store/recovery.hpp"

namespace procpool::flow {

/// What became of the open tasks of a chunk that a former daemon had started.
struct ChunkAccount {
  std::vector<Outcome> answered;
  std::vector<scheduler::Range> lost;
  std::string why_lost;
  std::vector<scheduler::Range> returned;     // that never began
  std::optional<ControlGroup> control_group;  // of the worker, if it has left word of it
};

/// The commands of kept jobs that a former daemon had started. They may still run, each
/// under the worker that it had (pool/shepherd.hpp), or have left their outcome in a spool
/// file (pool/spool.hpp), which is told here once its worker has gone.
class Adoptions {
 public:
  using Settled =
      std::function<void(const std::shared_ptr<Job>&, const store::StartedChunk&, const ChunkAccount&)>;

  /// `spool_directory`: empty for none, then nothing is ever adopted.
  Adoptions(asio::any_io_executor executor, const std::string& spool_directory, Settled settled)
      : executor_(executor),
        spool_directory_(spool_directory),
        settled_(std::move(settled)),
        left_(executor) {}

  /// Where the worker writes down what becomes of these tasks. Empty for nowhere: one that
  /// could not be found again must not go on without us.
  std::string spool_of(const store::TasksStarted& started) const;

  /// The file of the chunk with this task, if it is here and has one.
  std::optional<std::string> spool_of_task(JobId job, std::uint64_t index) const;

  void add(std::shared_ptr<Job> job, const store::StartedChunk& started);
  void cancel(const Job& job) const;
  /// The next daemon will find them.
  void leave() {
    has_left_ = true;
    left_.notify_all();
  }
  bool empty() const { return adopted_.empty(); }
  /// Tasks of those whose worker was found.
  std::uint64_t running() const;

 private:
  struct Adopted {
    std::shared_ptr<Job> job;
    store::StartedChunk started;
    std::optional<pool::Shepherd> shepherd;  // once it is found
  };
  using Place = std::list<Adopted>::iterator;

  asio::awaitable<void> watch_until_the_end(Place adopted);
  asio::awaitable<void> left();
  asio::awaitable<ChunkAccount> watch(Place adopted);
  std::optional<ChunkAccount> account_of(const store::StartedChunk& started) const;

  asio::any_io_executor executor_;
  const std::string spool_directory_;
  Settled settled_;
  std::list<Adopted> adopted_;
  io::Event left_;
  bool has_left_ = false;
};

}  // namespace procpool::flow
