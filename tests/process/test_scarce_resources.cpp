// A worker for commands that cannot start one for the moment.

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/resource.h>

#include <filesystem>

#include "tests/support/process_audit.hpp"
#include "tests/support/sanitizer.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/support/worker_driver.hpp"

using namespace procpool::test;
using nlohmann::json;

namespace {

/// So many descriptors may a worker have.
void limit_descriptors(const WorkerDriver& worker, rlim_t most) {
  const rlimit limit{most, 1024};
  REQUIRE(prlimit(worker.process().pid(), RLIMIT_NOFILE, &limit, nullptr) == 0);
}

rlim_t open_descriptors(const WorkerDriver& worker) {
  const std::filesystem::directory_iterator list("/proc/" + std::to_string(worker.process().pid()) + "/fd");
  return static_cast<rlim_t>(std::distance(begin(list), end(list)));
}

}  // namespace

TEST_CASE("a command that cannot be started for want of descriptors is started when there are some") {
  if (!can_starve_of_descriptors()) return;
  const ProcessAudit audit;
  WorkerDriver worker;
  worker.hear();
  worker.tell_job({"echo", "{}"});
  worker.hand_out(1, {"a"});
  CHECK(worker.hear()["values"][0]["stdout"] == "a\n");
  const rlim_t open = open_descriptors(worker);
  // Two pipes and a pidfd: it lacks one, some or all of them.
  for (int room = 0; room < 5; ++room) {
    CAPTURE(room);
    limit_descriptors(worker, open + static_cast<rlim_t>(room));
    worker.hand_out(2 + room, {"b"});
    CHECK_FALSE(worker.says_something_within(std::chrono::milliseconds(100)));
    limit_descriptors(worker, 1024);
    CHECK(worker.hear()["values"][0]["stdout"] == "b\n");
  }
  worker.close_channel();
  CHECK(worker.end().exit_status == 0);
}

TEST_CASE("a command that waits to be started can be cancelled") {
  if (!can_starve_of_descriptors()) return;
  const ProcessAudit audit;
  WorkerDriver worker;
  worker.hear();
  worker.tell_job({"echo", "{}"});
  limit_descriptors(worker, open_descriptors(worker) + 1);
  worker.hand_out(1, {"a", "b"});
  worker.say({{"cancel", 1}, {"signal", "TERM"}, {"kill_after", 1}, {"reason", "enough"}});
  CHECK(worker.hear() == json{{"batch", 1}, {"dropped", 2}});
  worker.close_channel();
  CHECK(worker.end().exit_status == 0);
}
