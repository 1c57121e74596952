#include "tests/support/test_daemon.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "tests/support/processes.hpp"
#include "tests/support/sanitizer.hpp"

namespace procpool::test {
namespace {

std::string pool_section(const std::string& name, const std::string& kind, int workers,
                         const std::string& more) {
  return "[pools." + name + "]\nkind = \"" + kind + "\"\nworkers = " + std::to_string(workers) + "\n" + more +
         "\n";
}

}  // namespace

std::string python_pool(int workers, const std::string& more) {
  return pool_section("py", "python", workers,
                      "module = \"" PROCPOOL_SOURCE_DIR "/tests/data/tasks.py\"\n" + more);
}

std::string native_pool(int workers, const std::string& more) {
  return pool_section("native", "native", workers,
                      "library = \"" PROCPOOL_LIB_DIR "/libexample_native.so\"\n" + more);
}

std::string command_pool(int workers, const std::string& more) {
  return pool_section("default", "command", workers, more);
}

TestDaemon::TestDaemon(const std::string& settings, NotStarted) { write_settings(settings); }

void TestDaemon::write_settings(const std::string& settings) const {
  const bool complete = settings.find("[daemon]") != std::string::npos;
  directory_.write("procpoold.toml",
                   (complete ? "" : "[daemon]\nstop_timeout = 0\nkill_after = 1\n") + settings);
}

TestDaemon::~TestDaemon() {
  // No assertion may throw in here.
  if (daemon_) end_daemon();
  CHECK(wait_until([&] { return processes().empty(); }));
  kill_processes_with(mark());
}

void TestDaemon::end_daemon() {
  daemon_->signal(SIGTERM);
  INFO("the daemon's log: " << log());
  CHECK(wait_until([&] { return !daemon_->is_running(); }));
  if (daemon_->is_running()) daemon_->signal(SIGKILL);
  CHECK(wait_for_end() == 0);
}

void TestDaemon::start_daemon() {
  const bool is_ready = try_to_start_daemon({});
  INFO("the daemon's log: " << log());
  REQUIRE(is_ready);
}

void TestDaemon::start_daemon_with(const std::string& settings) {
  write_settings(settings);
  start_daemon();
}

bool TestDaemon::try_to_start_daemon(const std::vector<std::string>& more_environment) {
  auto entries = environment();
  entries.insert(entries.end(), more_environment.begin(), more_environment.end());
  daemon_.emplace("exec procpoold --config procpoold.toml --socket socket --state-dir state", entries,
                  directory_.path());
  const bool is_decided =
      wait_until([&] { return log().find("ready on") != std::string::npos || !daemon_->is_running(); });
  INFO("the daemon's log: " << log());
  REQUIRE(is_decided);
  return daemon_->is_running();
}

void TestDaemon::kill_daemon() {
  daemon_->signal(SIGKILL);
  CHECK(wait_for_end() == 128 + SIGKILL);
}

int TestDaemon::wait_for_end() {
  const Finished finished = daemon_->finish();
  last_log_ = finished.err;
  daemon_.reset();
  return finished.status;
}

std::string TestDaemon::log() const { return daemon_ ? daemon_->err() : last_log_; }

bool TestDaemon::says(const std::string& words) const {
  return wait_until([&] { return log().find(words) != std::string::npos; });
}

void TestDaemon::change_store(const std::string& sql) const {
  say("python3 -c 'import sqlite3, sys\nat = sqlite3.connect(\"state/jobs.sqlite\")\n"
      "at.execute(sys.argv[1])\nat.commit()' \"" +
      sql + "\"");
}

void TestDaemon::cancel_kept_jobs() const {
  for (const auto& job : json("jobs"))
    if (!job["attached"].get<bool>() && (job["state"] == "running" || job["state"] == "queued")) {
      const std::string id = std::to_string(job["id"].get<int>());
      say("procpool cancel --grace 0 " + id + " && procpool wait " + id);
    }
}

std::vector<int> TestDaemon::processes() const { return processes_with(mark()); }

std::vector<std::string> TestDaemon::environment() const {
  std::vector<std::string> entries{"PATH=" PROCPOOL_BIN_DIR ":/usr/local/bin:/usr/bin:/bin",
                                   "PROCPOOL_SOCKET=" + path("socket"),
                                   "HOME=" + directory_.path(),
                                   "LC_ALL=C.UTF-8",
                                   "PYTHONDONTWRITEBYTECODE=1",
                                   mark()};
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"})
    if (const char* value = std::getenv(name)) entries.push_back(std::string(name) + "=" + value);
  return entries;
}

Program TestDaemon::start(const std::string& line, const std::string& input) const {
  return {line, environment(), directory_.path(), input};
}

std::string TestDaemon::say(const std::string& line, const std::string& input) const {
  Finished finished = sh(line, input);
  INFO(line << ": " << finished.err);
  REQUIRE(finished.status == 0);
  if (finished.out.ends_with('\n')) finished.out.pop_back();
  return finished.out;
}

nlohmann::json TestDaemon::json(const std::string& line) const {
  const std::string text = say("procpool --json " + line);
  INFO(line << ": " << text);
  REQUIRE(nlohmann::json::accept(text));
  return nlohmann::json::parse(text);
}

nlohmann::json TestDaemon::limit(const std::string& name) const {
  const auto status = json("daemon status");
  for (const auto& limit : status["limits"])
    if (limit["name"] == name) return limit;
  FAIL("there is no limit " << name);
  return {};
}

std::vector<int> TestDaemon::workers(const std::string& pool_name) const {
  std::vector<int> pids;
  const bool all_stand = wait_until([&] {
    pids.clear();
    const auto shown = pool(pool_name);
    for (const auto& worker : shown["workers"])
      if (worker["state"] == "idle" || worker["state"] == "busy") pids.push_back(worker["pid"]);
    return pids.size() == shown["size"];
  });
  REQUIRE(all_stand);
  return pids;
}

bool TestDaemon::is_idle() const {
  const auto status = json("daemon status");
  return status["tasks_running"] == 0 && status["tasks_queued"] == 0;
}

std::string TestDaemon::file(const std::string& name) const {
  std::ifstream file(path(name), std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

void check_peak_memory(int pid, int most_mib) {
  if (!is_sanitized) CHECK(peak_memory_mib(pid) <= most_mib);
}

}  // namespace procpool::test
