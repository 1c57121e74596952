// The state directory on a disk without room: nothing is acknowledged that is not there,
// what runs goes on, and all is well once there is room.

#include <doctest/doctest.h>
#include <sys/mount.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// A file system of two MiB; only root can have one.
class SmallDisk {
 public:
  SmallDisk() {
    is_mounted_ = ::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=2m,mode=0700") == 0;
    if (!is_mounted_) MESSAGE("skipped: a file system cannot be mounted here: " << std::strerror(errno));
  }
  ~SmallDisk() {
    if (is_mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool is_mounted() const { return is_mounted_; }
  std::string path() const { return directory_.path(); }

 private:
  TemporaryDirectory directory_;
  bool is_mounted_ = false;
};

/// A daemon that keeps its jobs there; there is room at its end.
class CrampedDaemon : public TestDaemon {
 public:
  CrampedDaemon(const SmallDisk& disk, int workers)
      : TestDaemon("[limits]\ndisk_free = 0\n" + command_pool(workers)) {
    signal_daemon(SIGTERM);
    CHECK(wait_for_end() == 0);
    say("rm -r state && ln -s " + disk.path() + " state");
    start_daemon();
  }
  ~CrampedDaemon() { empty(); }
  CrampedDaemon(const CrampedDaemon&) = delete;
  CrampedDaemon& operator=(const CrampedDaemon&) = delete;

  void kill_and_start() {
    kill_daemon();
    start_daemon();
  }

  void fill() const { sh("head -c 10000000 /dev/zero >state/fill"); }
  void empty() const { sh("rm -f state/fill"); }

  /// Submits until there is no room any more; the ids that were acknowledged.
  std::vector<std::string> submit_until_refused(Finished& refusal) const {
    std::vector<std::string> ids;
    for (int i = 0; i < 2000; ++i) {
      refusal = sh("procpool apply --async -- sh -c 'echo $PROCPOOL_JOB >>ran'");
      if (refusal.status != 0) return ids;
      ids.push_back(refusal.out.substr(0, refusal.out.find('\n')));
    }
    FAIL("the disk is not full");
    return ids;
  }
};

constexpr const char* wait_for_go =
    "echo >>begun; until [ -e go ]; do sleep 0.01; done; echo said; echo >ended";

}  // namespace

TEST_CASE(
    "a full disk: submissions are refused, what runs goes on, its result is written when there is room") {
  const SmallDisk disk;
  if (!disk.is_mounted()) return;
  CrampedDaemon daemon(disk, 1);
  const std::string id = daemon.say(std::string("procpool apply --async -- sh -c '") + wait_for_go + "'");
  REQUIRE(wait_until([&] { return !daemon.file("begun").empty(); }));
  daemon.fill();
  Finished refusal;
  const auto acknowledged = daemon.submit_until_refused(refusal);
  CHECK(refusal.status == 125);
  CHECK(refusal.err.find("no room on the disk of the state directory") != std::string::npos);
  CHECK(daemon
            .sh(R"(procpool call Submit '{"spec":{"verb":"apply","argv":["true"],"keep":true},)"
                R"("inputs":{"items":[null]},"last":true}')")
            .err.find("DiskFull") != std::string::npos);

  daemon.directory().write("go", "");
  REQUIRE(wait_until([&] { return !daemon.file("ended").empty(); }));
  CHECK(daemon.sh("procpool get --timeout 0.2 " + id).status == 124);
  CHECK(daemon.is_running());

  daemon.empty();
  CHECK(nlohmann::json::parse(daemon.say("procpool get " + id))["stdout"] == "said\n");
  for (int i = 0; i < 2; ++i) {
    for (const std::string& one : acknowledged) CHECK(daemon.sh("procpool get " + one).status == 0);
    CHECK(daemon.sh("procpool get " + id).status == 0);
    daemon.kill_and_start();
  }
  CHECK(daemon.say("cat ran | wc -l") == std::to_string(acknowledged.size()));
  CHECK(daemon.sh("procpool wait $(procpool apply --async -- true)").status == 0);
}

TEST_CASE("a full disk: tasks that have not begun wait for room, and each runs once, over kill -9 too") {
  const SmallDisk disk;
  if (!disk.is_mounted()) return;
  CrampedDaemon daemon(disk, 2);
  const std::string id = daemon.say(
      "seq 30 | procpool map --async --chunksize 1 -- sh -c 'echo $0 >>mapped; [ $0 -gt 2 ] || until [ -e go "
      "]; "
      "do "
      "sleep 0.01; done'");
  REQUIRE(wait_until([&] { return daemon.say("cat mapped 2>/dev/null | wc -l") == "2"; }));
  daemon.fill();
  Finished refusal;
  daemon.submit_until_refused(refusal);
  SUBCASE("that has gone on") {}
  SUBCASE("that was killed") { daemon.kill_and_start(); }
  daemon.directory().write("go", "");
  daemon.empty();
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  CHECK(daemon.json("show " + id)["tasks"]["succeeded"] == 30);
  CHECK(daemon.say("sort mapped | uniq -c | awk '{ print $1 }' | uniq -c | tr -s ' '") == " 30 1");
  CHECK(daemon.sh("procpool wait $(procpool apply --async -- true)").status == 0);
}

TEST_CASE("a full disk: attached jobs do not wait behind kept ones that cannot begin") {
  const SmallDisk disk;
  if (!disk.is_mounted()) return;
  CrampedDaemon daemon(disk, 1);
  const std::string id = daemon.say(std::string("procpool apply --async -- sh -c '") + wait_for_go + "'");
  const std::string next = daemon.say("procpool apply --async -- true");
  REQUIRE(wait_until([&] { return !daemon.file("begun").empty(); }));
  daemon.fill();
  Finished refusal;
  daemon.submit_until_refused(refusal);
  daemon.directory().write("go", "");
  REQUIRE(wait_until([&] { return !daemon.file("ended").empty(); }));
  CHECK(daemon.sh("timeout 20 procpool apply --raw -- echo attached") == Finished{0, "attached\n", ""});
  daemon.empty();
  CHECK(daemon.sh("procpool wait " + id + " " + next).status == 0);
}

TEST_CASE("a full disk: a job whose cancel was answered does not run under the next daemon") {
  const SmallDisk disk;
  if (!disk.is_mounted()) return;
  CrampedDaemon daemon(disk, 1);
  const std::string id = daemon.say(std::string("procpool apply --async -- sh -c '") + wait_for_go + "'");
  const std::string next = daemon.say("procpool apply --async -- sh -c 'echo >unwanted'");
  REQUIRE(wait_until([&] { return !daemon.file("begun").empty(); }));
  daemon.fill();
  Finished refusal;
  daemon.submit_until_refused(refusal);
  const bool was_answered = daemon.sh("timeout 5 procpool cancel " + next).status == 0;
  daemon.kill_daemon();
  daemon.empty();
  daemon.directory().write("go", "");
  daemon.start_daemon();
  CHECK(daemon.sh("procpool wait " + id + " " + next).status == 0);
  if (was_answered) CHECK(daemon.file("unwanted").empty());
}

TEST_CASE("a full disk: who pauses a pool hears that the next daemon may not know of it") {
  const SmallDisk disk;
  if (!disk.is_mounted()) return;
  CrampedDaemon daemon(disk, 1);
  daemon.fill();
  Finished refusal;
  const auto ids = daemon.submit_until_refused(refusal);
  const Finished paused = daemon.sh("timeout 20 procpool pool pause default");
  if (paused.status != 0) {
    CHECK(paused.status == 125);
    CHECK(paused.err.find("is changed, but that is not written down") != std::string::npos);
    CHECK(paused.err.find("no room on the disk of the state directory") != std::string::npos);
  }
  CHECK(daemon.pool("default")["state"] == "paused");
  daemon.empty();
  CHECK(daemon.sh("procpool pool resume default").status == 0);
  for (const std::string& id : ids) CHECK(daemon.sh("procpool wait " + id).status == 0);
}
