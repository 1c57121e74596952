#pragma once

#include <asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "daemon/pool/slot.hpp"

namespace procpool::pool {

/// A set of workers of one kind. It keeps as many as it should have, replaces the
/// dead, and tells what its workers say; which task goes where is not its business.
///
///     phase    | all slots hold a worker that could start | what may follow
///     ---------+-------------------------------------------+------------------
///     Open     | yes, or it is tried again                 | Broken, Leaving
///     Broken   | no: start_attempts failures in a row of   | Open (revive), Leaving
///              | one slot, and no worker is ready          |
///     Leaving  | each slot ends when its worker is idle    | Gone
///     Gone     | there is none                             |
///
/// Workers that are due (recycled, old, large) are replaced one at a time: the next one
/// leaves when there is a ready worker in the place of the last. So a change that keeps
/// workers from starting costs a pool one of them, and not all.
class Pool : private SlotOwner {
 public:
  struct Open {};
  struct Broken {
    std::string why;
  };
  struct Leaving {};
  struct Gone {};
  using Phase = std::variant<Open, Broken, Leaving, Gone>;

  Pool(asio::any_io_executor executor, PoolSpec spec, Policy policy, Launcher& launcher, PoolEvents& events);

  /// Starts the workers.
  void open();

  // Orders about one worker; one that is gone is ignored.
  void hand_over(WorkerId worker, const Work& work);
  /// Takes back what a busy worker has not begun, if it gives back.
  void take_back(WorkerId worker);
  void cancel_command(WorkerId worker, const std::string& signal, Seconds kill_after,
                      const std::string& reason);
  /// False: it runs none, or does not read what it is told.
  bool signal_command(WorkerId worker, const std::string& name);
  void end_worker(WorkerId worker, const std::string& why, Seconds kill_after);

  void resize(int workers);
  /// Takes over when workers are due, and the history; the rest is of those that run.
  void adjust(const PoolSpec& spec);
  void be_patient(const Policy& policy) { policy_ = policy; }
  /// Replaces every worker when it is idle, one after the other; a broken pool tries again.
  void recycle();
  /// Lets every worker go when it is idle.
  void dismiss();
  /// For the end of the daemon, before end_all() or dismiss(): the busy workers whose work
  /// has a spool file go on without us. Nothing is told of them from here on; it stands in
  /// their files when they have ended.
  std::vector<WorkerId> let_shepherds_go();
  /// Ends every worker now.
  void end_all(const std::string& why, Seconds kill_after);

  const PoolSpec& spec() const override { return spec_; }
  const Phase& phase() const { return phase_; }
  /// Has every slot once held a worker that was ready?
  bool has_started() const { return started_up_; }
  std::vector<reply::Worker> describe_workers() const;
  const std::vector<std::string>& functions() const { return functions_; }
  bool offers(const std::string& function) const;
  bool runs_commands() const { return spec_.kind == PoolKind::command; }
  /// What the last worker that could not start said; empty after one that could.
  const std::string& last_failure() const { return last_failure_; }
  std::uint64_t started() const { return static_cast<std::uint64_t>(last_id_); }

 private:
  const Policy& policy() const override { return policy_; }
  Launcher& launcher() override { return launcher_; }
  PoolEvents& events() override { return events_; }
  WorkerId new_worker_id() override;
  void worker_offers(int slot, const worker_message::Ready& offer) override;
  void worker_could_not_start(const std::string& why, int times_in_a_row) override;
  bool may_start() const override { return std::holds_alternative<Open>(phase_); }
  bool may_be_replaced(int slot) override;
  void slot_left(int number) override;

  void fill_slots();
  Slot* slot_of(WorkerId worker);
  void next_replacement();
  /// It was broken, and tries again.
  void mend();
  bool any_ready() const;
  bool all_ready() const;

  asio::any_io_executor executor_;
  PoolSpec spec_;
  Policy policy_;
  Launcher& launcher_;
  PoolEvents& events_;
  Phase phase_ = Open{};
  std::map<int, std::unique_ptr<Slot>> slots_;
  std::vector<std::string> functions_;
  std::string last_failure_;
  bool started_up_ = false;
  std::optional<int> out_;  // the slot whose worker is being replaced because it was due
  std::int64_t last_id_ = 0;
};

}  // namespace procpool::pool
