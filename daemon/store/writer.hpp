#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon/store/database.hpp"
#include "daemon/store/retention_clock.hpp"

namespace procpool::store {

/// What became of a push.
using Done = std::function<void(Result<void> result)>;

/// How the disk has changed. It is `full` as long as something that must be kept cannot be
/// written for a reason that will pass: descriptors may be wanting, too, or another program may hold
/// the database.
enum class Disk { good, full, failed };

struct WriterRules {
  std::uint64_t most_bytes = 256ULL << 20;  // of what waits; beyond it a push is refused
  RetentionRule retention;
};

/// The thread that owns the database. What is pushed while a transaction runs shares the
/// next one and its sync, so the batches are as large as the disk is slow, and a lone
/// push waits for nobody.
class Writer {
 public:
  /// Runs a function in the thread of the event loop; functions keep their order.
  using Post = std::function<void(std::function<void()>)>;
  /// Jobs that the retention rule has taken away.
  using Expired = std::function<void(std::vector<JobId>)>;
  /// The disk is not as it was, and why.
  using DiskChanged = std::function<void(Disk now, const std::string& why)>;

  Writer(std::unique_ptr<Database> database, Post post, WriterRules rules, Expired expired = nullptr,
         DiskChanged disk_changed = nullptr);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  /// As stop().
  ~Writer();

  /// Queues changes that somebody asks for and can be told no. `done` is posted when they
  /// are safe on disk, or will not be:
  ///
  ///     queue_full         too much waits already; told ahead of what waits
  ///     disk_full          there is no room; later pushes may succeed
  ///     invalid_parameter  they contradict what is stored
  ///     system             the store has failed, or is stopped; so will all later ones
  ///
  /// The others are told in the order of their pushes.
  void push(Push changes, Done done);

  /// Queues changes that have happened already, such as results. While there is no room for
  /// them, or no descriptor, they wait here, in their order, and are tried again; push() is
  /// refused meanwhile, for the same reason.
  /// `done` hears of an error only when the store has failed or is stopped.
  void keep(Push changes, Done done);

  /// It is applied at once.
  void set_retention(RetentionRule rule);

  /// Does at once what it does now and then when it has nothing to do: forgets what is too
  /// old, and looks whether its files are there.
  void look_around();

  /// Writes what waits, and closes the database. Nothing is taken from here on.
  void stop();

  std::uint64_t waiting_bytes() const;
  /// Does what must be kept wait for something that will pass, as Disk has it?
  bool disk_is_full() const;
  /// Why the store has failed.
  std::optional<Error> failed() const;

 private:
  struct Waiting {
    Push changes;
    Done done;
    std::uint64_t bytes;
    bool must_be_kept;
  };
  struct Group;

  void enqueue(Waiting waiting, std::optional<Error> refused);
  void run();
  /// Waits for work; false at the end.
  bool take(Group& group, bool wait);
  void write(Group& group);
  void wait_again(Group& group, const std::vector<Result<void>>& results);
  void tell_of_disk();
  /// Does a little of what can wait. False if nothing is left of it.
  bool keep_house();
  void expire();

  std::unique_ptr<Database> database_;
  const Post post_;
  const Expired expired_;
  const DiskChanged disk_changed_;
  const std::uint64_t most_bytes_;

  mutable std::mutex mutex_;  // of what follows, up to the thread
  std::condition_variable work_came_;
  std::deque<Waiting> waiting_;
  std::uint64_t waiting_bytes_ = 0;
  RetentionRule retention_;
  bool must_look_ = false;
  /// What must be kept waits for this to pass.
  struct Hindrance {
    Error why;
    std::chrono::steady_clock::time_point next_try;
  };
  std::optional<Hindrance> hindrance_;
  bool stopping_ = false;
  std::optional<Error> failed_;

  // Of the thread alone.
  std::uint64_t ended_since_look_ = 0;
  std::chrono::steady_clock::time_point last_look_{};
  std::uint64_t groups_since_sweep_ = 0;
  bool to_sweep_ = true;
  Disk disk_ = Disk::good;  // as it was told
  RetentionClock clock_;

  std::thread thread_;
};

}  // namespace procpool::store
