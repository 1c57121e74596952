// A real pool of real workers at the daemon's end: who has a spool file goes on.

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <asio/io_context.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "common/os/process_identity.hpp"
#include "daemon/pool/pool.hpp"
#include "daemon/pool/process_launcher.hpp"
#include "daemon/pool/shepherd.hpp"
#include "daemon/pool/spool.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/wait_until.hpp"

using namespace procpool;
using namespace procpool::test;

namespace {

/// The part of a daemon that has workers.
class Workers : private pool::PoolEvents {
 public:
  explicit Workers(int count)
      : launcher_({PROCPOOL_BIN_DIR "/procpool-worker", "python3", ""}, household_),
        pool_(context_.get_executor(), spec_of(count), pool::Policy{}, launcher_, events()) {
    pool_.open();
    REQUIRE(runs_until([&] { return idle.size() == static_cast<std::size_t>(count); }));
  }
  ~Workers() override {
    pool_.end_all("the daemon stops", Seconds(1));
    CHECK(runs_until([&] { return std::holds_alternative<pool::Pool::Gone>(pool_.phase()); }));
  }

  void hand_over(WorkerId worker, const std::string& script, const std::string& spool) {
    JobSpec spec;
    spec.work = Command{{"sh", "-c", script}, "", false};
    spec.environment = {"PATH=/usr/bin:/bin"};
    pool::Work work;
    work.job = JobId{6};
    work.spec = &spec;
    work.count = 3;
    work.inputs = "[null,null,null]";
    work.capture = 1000;
    work.spool = spool;
    pool_.hand_over(worker, work);
  }

  pool::Pool& pool() { return pool_; }

  template <class Condition>
  bool runs_until(const Condition& condition) {
    return wait_until([&] {
      context_.run_for(std::chrono::milliseconds(5));
      return condition();
    });
  }

  std::vector<std::pair<WorkerId, pid_t>> idle;
  std::map<WorkerId, pool::WorkerEnd> gone;
  int answers = 0;

 private:
  static PoolSpec spec_of(int count) {
    PoolSpec spec;
    spec.name = "test";
    spec.kind = PoolKind::command;
    spec.workers = count;
    return spec;
  }
  pool::PoolEvents& events() { return *this; }

  void worker_idle(WorkerId worker, const pool::IdleWorker& how) override {
    idle.emplace_back(worker, how.pid);
  }
  void tasks_succeeded(WorkerId, const worker_message::Succeeded&) override { ++answers; }
  void task_ended(WorkerId, const worker_message::Ended&) override { ++answers; }
  void tasks_dropped(WorkerId, std::uint64_t) override {}
  void worker_gone(WorkerId worker, const pool::WorkerEnd& end) override { gone.emplace(worker, end); }
  void pool_changed() override {}

  asio::io_context context_{1};
  os::Household household_;
  pool::ProcessLauncher launcher_;
  pool::Pool pool_;
};

const spool::Header three{JobId{6}, 0, 3, 1};

std::string until_there(const std::string& file, const std::string& then) {
  return "touch " + file + ".begun; while ! test -e " + file + "; do sleep 0.02; done; " + then;
}

}  // namespace

TEST_CASE("the daemon ends and leaves a command running, which the next one finds and takes in") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  const std::string kept = directory.path("kept");
  const std::string plain = directory.path("plain");
  std::optional<os::ProcessIdentity> identity;
  std::optional<os::ProcessIdentity> other;
  {
    Workers workers(3);
    identity = os::identity_of(workers.idle[0].second);
    other = os::identity_of(workers.idle[1].second);
    workers.hand_over(workers.idle[0].first, until_there(kept, "echo out; exit 8"), directory.path("spool"));
    workers.hand_over(workers.idle[1].first, until_there(plain, "exit 8"), "");
    CHECK(workers.runs_until([&] {
      return std::filesystem::exists(kept + ".begun") && std::filesystem::exists(plain + ".begun");
    }));
    CHECK(workers.pool().let_shepherds_go() == std::vector<WorkerId>{workers.idle[0].first});
    workers.pool().end_all("the daemon stops", Seconds(1));
    CHECK(workers.runs_until([&] { return workers.gone.size() == 2; }));
    CHECK(workers.answers == 0);
  }
  REQUIRE(identity);
  REQUIRE(other);
  CHECK_FALSE(pool::Shepherd::find(*other).value());
  CHECK(pool::Shepherd::find(*identity).value());
  directory.write("kept", "");
  // It is a child of this test, as the daemon that it has lost was.
  int status = -1;
  CHECK(wait_until([&] { return waitpid(identity->pid, &status, WNOHANG) == identity->pid; }));
  CHECK(status == 0);
  std::string value;
  const auto account = pool::read_spool(directory.path("spool"), three, pool::SpoolBoot::ours,
                                        [&](std::uint64_t, const pool::SpoolAnswer& answer) {
                                          value = std::get<worker_message::Ended>(answer).value;
                                        });
  REQUIRE(account);
  CHECK(*account == pool::SpoolAccount{1, 0, 2, "", account->control_group});
  CHECK(value == R"({"exit":8,"signal":null,"stdout":"out\n","stderr":""})");
}

TEST_CASE("what a worker had noted down and could not send any more is heard when it is dead") {
  const ProcessAudit audit;
  const TemporaryDirectory directory;
  Workers workers(1);
  const auto [worker, pid] = workers.idle[0];
  // It stands still, and is given an answer in its file by the test, as if killed behind that.
  const std::string spool = directory.path("spool");
  workers.hand_over(worker, until_there(directory.path("never"), "true"), spool);
  CHECK(workers.runs_until([&] { return std::filesystem::exists(directory.path("never.begun")); }));
  std::ofstream(spool, std::ios::app) << R"({"batch":1,"values":[{"exit":0}]})"
                                      << "\n";
  pool::Shepherd::find(os::identity_of(pid).value()).value()->kill();
  CHECK(workers.runs_until([&] { return workers.gone.count(worker) == 1; }));
  CHECK(workers.answers == 1);
  CHECK_FALSE(workers.gone.at(worker).has_begun);
}
