// A worker for commands that cannot start one for the moment.

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/resource.h>

#include <filesystem>

#include "tests/support/process_audit.hpp"
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
  const ProcessAudit audit;
  WorkerDriver worker;
  worker.hear();
  worker.tell_job({"echo", "{}"});
  worker.hand_out(1, {"a"});
  CHECK(worker.hear()["values"][0]["stdout"] == "a\n");
  limit_descriptors(worker, open_descriptors(worker) + 1);
  worker.hand_out(2, {"b"});
  CHECK_FALSE(worker.says_something_within(std::chrono::milliseconds(300)));
  limit_descriptors(worker, 1024);
  CHECK(worker.hear()["values"][0]["stdout"] == "b\n");
  worker.close_channel();
  CHECK(worker.end().exit_status == 0);
}

TEST_CASE("a command that waits to be started can be cancelled") {
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
