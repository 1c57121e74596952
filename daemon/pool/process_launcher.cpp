#include "daemon/pool/process_launcher.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string_view>

#include "common/os/channel_pair.hpp"
#include "common/os/spawn.hpp"
#include "daemon/io/await_child.hpp"
#include "daemon/log/log.hpp"

namespace procpool::pool {
namespace {

constexpr std::string_view mark_name = "PROCPOOL_WORKER=";

class ChildProcess : public WorkerProcess {
 public:
  ChildProcess(os::Child child, os::Household& household, std::string mark)
      : household_(household),
        child_(std::move(child)),
        member_(std::in_place, household, child_.pid(), mark) {}

  pid_t pid() const override { return child_.pid(); }

  /// From proc(5), statm: pages, all and resident.
  std::int64_t memory_mib() const override {
    std::ifstream statm("/proc/" + std::to_string(child_.pid()) + "/statm");
    std::int64_t size = 0;
    std::int64_t resident = 0;
    if (!(statm >> size >> resident)) return 0;
    return resident * ::sysconf(_SC_PAGESIZE) >> 20;
  }

  void signal_group(int number) override { child_.signal_group(number); }
  asio::awaitable<void> ended() override { return io::child_ended(child_); }

  os::WaitStatus bury() override {
    const os::WaitStatus status = child_.reap();
    member_.reset();
    household_.end_strays();
    return status;
  }

 private:
  os::Household& household_;
  os::Child child_;
  std::optional<os::Household::Member> member_;
};

/// What a service manager tells the daemon is not for its workers and their jobs.
bool is_for_the_daemon_only(std::string_view entry) {
  constexpr std::string_view names[] = {
      "NOTIFY_SOCKET=", "LISTEN_PID=",    "LISTEN_FDS=",     "LISTEN_FDNAMES=",
      "WATCHDOG_PID=",  "WATCHDOG_USEC=", "JOURNAL_STREAM=", "INVOCATION_ID="};
  return std::any_of(std::begin(names), std::end(names),
                     [&](std::string_view name) { return entry.starts_with(name); });
}

std::vector<std::string> environment_of(const PoolSpec& pool, int slot, const std::string& mark) {
  std::vector<std::string> environment = pool.environment;
  if (environment.empty())
    for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  std::erase_if(environment, [](std::string_view entry) {
    return is_for_the_daemon_only(entry) || entry.starts_with(mark_name);
  });
  environment.push_back("PROCPOOL_POOL=" + pool.name);
  environment.push_back("PROCPOOL_SLOT=" + std::to_string(slot));
  if (!mark.empty()) environment.push_back(mark);
  return environment;
}

/// Nobody else's: no two daemons have the same number at the same time, and none of an
/// earlier one started at the same moment.
std::string marks_of_this_daemon() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::string(mark_name) + std::to_string(::getpid()) + "-" +
         std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count()) + "-";
}

void add_option(std::vector<std::string>& argv, const char* option, const std::string& value) {
  if (value.empty()) return;
  argv.emplace_back(option);
  argv.push_back(value);
}

}  // namespace

ProcessLauncher::ProcessLauncher(WorkerPrograms programs, os::Household& household)
    : programs_(std::move(programs)),
      household_(household),
      marks_(marks_of_this_daemon()),
      guardian_(programs_.worker, marks_, household) {}

std::string ProcessLauncher::new_mark() { return marks_ + std::to_string(++last_mark_); }

std::vector<std::string> ProcessLauncher::command_line(const PoolSpec& pool) const {
  std::vector<std::string> argv;
  switch (pool.kind) {
    case PoolKind::command: argv = {programs_.worker, "commands"}; break;
    case PoolKind::native: argv = {programs_.worker, "native", "--library", pool.library}; break;
    case PoolKind::python:
      argv = {programs_.python, programs_.python_runtime, "--module", pool.module};
      break;
    case PoolKind::program: argv = pool.argv; break;
  }
  add_option(argv, "--initializer", pool.initializer);
  add_option(argv, "--initargs", pool.initargs);
  return argv;
}

Result<LaunchedWorker> ProcessLauncher::launch(const PoolSpec& pool, int slot) {
  if (auto kept = guardian_.keep(); !kept)
    log::warning("nobody would find what functions leave behind if the daemon were killed: " +
                 kept.error().message());
  auto channel = os::make_channel_pair();
  if (!channel) return channel.error();
  auto errors = os::make_pipe();
  if (!errors) return errors.error();
  os::ChildPlan plan;
  plan.argv = command_line(pool);
  const std::string mark = pool.kind == PoolKind::command ? "" : new_mark();
  plan.environment = environment_of(pool, slot, mark);
  if (const char* path = os::find_variable(plan.environment, "PATH")) plan.search_path = path;
  plan.directory = pool.directory;
  plan.standard_input = channel->theirs.get();
  plan.standard_output = channel->theirs.get();
  plan.standard_error = errors->write.get();
  plan.new_session = true;  // what is typed at the daemon's terminal is not for it
  // A worker for commands sees the end of its channel and ends its command's tree first.
  plan.dies_with_parent = pool.kind != PoolKind::command;
  auto started = os::spawn(plan);
  if (const auto* failure = std::get_if<os::LaunchFailure>(&started))
    return Error(ErrorCode::system, failure->describe());
  return LaunchedWorker{
      std::make_unique<ChildProcess>(std::get<os::Child>(std::move(started)), household_, mark),
      std::move(channel->ours), std::move(errors->read)};
}

}  // namespace procpool::pool
