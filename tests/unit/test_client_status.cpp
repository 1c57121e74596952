// What `procpool daemon status` shows to people.

#include <doctest/doctest.h>

#include <algorithm>

#include "client/print_status.hpp"
#include "common/protocol/reply_codec.hpp"

namespace procpool::client {
namespace {

reply::Status good() {
  reply::Status status;
  status.version = "0.1.0";
  status.pid = 4242;
  status.state = "serving";
  status.socket = "/run/procpool/socket";
  status.uptime_seconds = 200;
  status.pools = 2;
  status.workers = 8;
  status.jobs = 3;
  status.tasks_running = 8;
  status.tasks_queued = 12;
  status.connections = 2;
  status.limits = {{"connections", 512, 2, 0}, {"queued_tasks", 100, 90, 0}, {"json_depth", 128, {}, 3}};
  status.disk = {"/var/lib/procpool", reply::DiskState::good, "", 5ULL << 30, 3 << 20, 0};
  status.control_group = ControlGroup::limits;
  return status;
}

std::string shown(const reply::Status& status, ShownLimits which = ShownLimits::reached) {
  const std::string text = protocol::to_json(status);
  return print_status(json::check(text).value(), which, false);
}

TEST_CASE("a daemon that is well fits on a screen and names only the limits that were reached") {
  CHECK(shown(good()) ==
        "version:            0.1.0\n"
        "state:              serving, for 3 min 20 s, as process 4242\n"
        "socket:             /run/procpool/socket\n"
        "connections:        2\n"
        "workers:            8 in 2 pools\n"
        "tasks:              8 running, 12 queued, of 3 open jobs\n"
        "kept jobs:          on the disk, synced, before they have an id\n"
        "disk:               /var/lib/procpool: 3 MiB of kept jobs, 5 GiB free\n"
        "control groups:     limits (memory and processes of a task together)\n"
        "\n"
        "LIMIT         USED   OF  REFUSED\n"
        "queued_tasks    90  100        0\n"
        "json_depth          128        3\n");
  CHECK(shown(good(), ShownLimits::all).find("\nconnections      2  512        0\n") != std::string::npos);
}

TEST_CASE("what is not well has a line of its own, with the reason") {
  reply::Status status = good();
  status.broken_pools = {"gpu", "py"};
  status.oldest_waiting = reply::WaitingJob{JobId{7}, "nightly", "py", {}, "job 6"};
  status.disk.state = reply::DiskState::failed;
  status.disk.reason = "the disk said no";
  status.disk.unwritten_bytes = 512;
  status.control_group = ControlGroup::none;
  status.control_group_reason = "nobody gave us any";
  status.lingering = false;
  status.last_error = reply::LoggedError{{}, "pool py is broken\x1b[2J"};
  const std::string text = shown(status);
  CAPTURE(text);
  for (const char* part :
       {"workers:            8 in 2 pools; broken: gpu, py\n",
        "oldest waiting:     job 7, nightly in pool py, for ", ": waits for job 6\n",
        "kept jobs:          refused until the daemon is started again: the disk said no\n",
        ", 512 bytes not written yet\n",
        "control groups:     none (limits hold for each process): nobody gave us any\n",
        "at logout:          the daemon ends; 'loginctl enable-linger' lets it go on\n",
        "last error:         1970-", ": pool py is broken\\x1b[2J\n"})
    CHECK(text.find(part) != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') <= 24);
}

TEST_CASE("a full disk is told with its reason, and a user who lingers needs no advice") {
  reply::Status status = good();
  status.disk.state = reply::DiskState::full;
  status.disk.reason = "1 byte is left";
  status.lingering = true;
  CHECK(shown(status).find("refused as long as the disk is full: 1 byte is left\n") != std::string::npos);
  CHECK(shown(status).find("at logout") == std::string::npos);
}

}  // namespace
}  // namespace procpool::client
