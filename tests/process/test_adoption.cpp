// Processes that are known again by their identity, and the workers of a former daemon
// that are found by it.

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <csignal>

#include "daemon/pool/shepherd.hpp"
#include "tests/process/shepherd_worker.hpp"
#include "tests/support/child_output.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/sanitizer.hpp"

using namespace procpool::test;
namespace os = procpool::os;
using procpool::pool::Shepherd;
using procpool::pool::SpoolAccount;

namespace {

os::Child sleeper() {
  auto started = os::spawn(shell_plan("exec sleep 1000"));
  REQUIRE(std::holds_alternative<os::Child>(started));
  return std::get<os::Child>(std::move(started));
}

bool is_found(const os::ProcessIdentity& identity) {
  const auto process = os::open_process(identity);
  const auto shepherd = Shepherd::find(identity);
  REQUIRE(process);
  REQUIRE(shepherd);
  CHECK(static_cast<bool>(*process) == shepherd->has_value());
  return shepherd->has_value();
}

/// As the daemon waits for it.
bool ends(const Shepherd& shepherd) {
  asio::io_context context{1};
  bool ended = false;
  const auto wait = [&]() -> asio::awaitable<void> {
    co_await shepherd.ended();
    ended = true;
  };
  asio::co_spawn(context, wait(), asio::detached);
  context.run_for(generous);
  return ended;
}

/// With a command that runs, and no daemon any more.
struct LonelyWorker : ShepherdWorker {
  explicit LonelyWorker(const std::string& script) {
    hand_over_gated(script, {nullptr, nullptr}, {{"kill_after", 0.2}});
    identity = os::identity_of(process().pid()).value();
    wait_for_begin();
    close_channel();
  }
  os::ProcessIdentity identity;
};

}  // namespace

TEST_CASE("a process is found by its identity for as long as it was not reaped") {
  const ProcessAudit audit;
  os::Child child = sleeper();
  const auto identity = os::identity_of(child.pid());
  REQUIRE(identity);
  CHECK(identity->pid == child.pid());
  CHECK(identity->started > 0);
  CHECK(identity->boot_id == os::current_boot_id());
  CHECK(is_found(*identity));
  child.signal(SIGKILL);
  CHECK(wait_for(child.pidfd(), POLLIN));
  CHECK(is_found(*identity));  // dead, and its number is still its own
  child.reap();
  CHECK_FALSE(is_found(*identity));
}

TEST_CASE("one who has the number of another is not taken for it") {
  const ProcessAudit audit;
  const os::Child child = sleeper();
  const os::ProcessIdentity right = os::identity_of(child.pid()).value();
  os::ProcessIdentity earlier = right;
  --earlier.started;
  os::ProcessIdentity other_boot = right;
  other_boot.boot_id = "00000000-0000-0000-0000-000000000000";
  os::ProcessIdentity without_boot = right;
  without_boot.boot_id.clear();
  for (const auto& wrong : {earlier, other_boot, without_boot, os::ProcessIdentity{}})
    CHECK_FALSE(is_found(wrong));
  CHECK(is_found(right));
}

TEST_CASE("without descriptors nobody is taken for gone") {
  if (!can_starve_of_descriptors()) return;
  const os::ProcessIdentity ourselves = os::identity_of(getpid()).value();
  rlimit usual{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &usual) == 0);
  for (rlim_t free = 0; free < 4; ++free) {
    const os::Fd next(dup(0));
    const rlimit none{static_cast<rlim_t>(next.get()) + free, usual.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto found = os::open_process(ourselves);
    REQUIRE(setrlimit(RLIMIT_NOFILE, &usual) == 0);
    CHECK((!found || *found));
  }
}

TEST_CASE("we know ourselves, whatever our name") {
  const auto before = os::identity_of(getpid());
  REQUIRE(before);
  CHECK(os::identity_of(getpid()) == before);
  CHECK(is_found(*before));
  CHECK_FALSE(os::identity_of(1 << 30));
}

TEST_CASE("the next daemon finds a worker that still runs, waits for its end, and takes it in") {
  const ProcessAudit audit;
  LonelyWorker worker("exit 6");
  const auto shepherd = Shepherd::find(worker.identity).value();
  REQUIRE(shepherd);
  CHECK(shepherd->pid() == worker.process().pid());
  worker.open_gate();
  CHECK(ends(*shepherd));
  CHECK(worker.account() == SpoolAccount{1, 0, 1, ""});
  CHECK(worker.exits() == std::vector<int>{6});
  worker.end();
}

TEST_CASE("the next daemon cancels what it has found, also where that stands still") {
  const ProcessAudit audit;
  for (const bool stopped : {false, true}) {
    LonelyWorker worker("trap '' TERM; printf x >&3; while :; do sleep 0.05; done");
    const auto shepherd = Shepherd::find(worker.identity).value();
    REQUIRE(shepherd);
    if (stopped) worker.process().signal(SIGSTOP);
    shepherd->cancel();
    CHECK(ends(*shepherd));
    CHECK(worker.account() == SpoolAccount{1, 0, 1, ""});
    CHECK(worker.lines()[2].find(R"("state":"cancelled")") != std::string::npos);
    worker.end();
    CHECK(worker.nothing_is_left());
  }
}

TEST_CASE("what is killed with its worker is gone with everything below it") {
  const ProcessAudit audit;
  LonelyWorker worker("(setsid sh -c 'sleep 1000 & sleep 1000' & sleep 1000 &) ; printf x >&3; sleep 1000");
  const auto shepherd = Shepherd::find(worker.identity).value();
  REQUIRE(shepherd);
  shepherd->kill();
  CHECK(ends(*shepherd));
  CHECK(worker.end().signal == SIGKILL);
  CHECK(worker.account() == SpoolAccount{0, 1, 1, ""});
  CHECK(worker.nothing_is_left());
  shepherd->cancel();  // it is gone
  shepherd->kill();
}
