#include "daemon/pool/process_launcher.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "common/os/channel_pair.hpp"
#include "common/os/spawn.hpp"

namespace procpool::pool {
namespace {

/// What a service manager tells the daemon is not for its workers and their jobs.
bool is_for_the_daemon_only(std::string_view entry) {
  constexpr std::string_view names[] = {
      "NOTIFY_SOCKET=", "LISTEN_PID=",    "LISTEN_FDS=",     "LISTEN_FDNAMES=",
      "WATCHDOG_PID=",  "WATCHDOG_USEC=", "JOURNAL_STREAM=", "INVOCATION_ID="};
  return std::any_of(std::begin(names), std::end(names),
                     [&](std::string_view name) { return entry.starts_with(name); });
}

std::vector<std::string> environment_of(const PoolSpec& pool, int slot) {
  std::vector<std::string> environment = pool.environment;
  if (environment.empty())
    for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  std::erase_if(environment, is_for_the_daemon_only);
  environment.push_back("PROCPOOL_POOL=" + pool.name);
  environment.push_back("PROCPOOL_SLOT=" + std::to_string(slot));
  return environment;
}

void add_option(std::vector<std::string>& argv, const char* option, const std::string& value) {
  if (value.empty()) return;
  argv.emplace_back(option);
  argv.push_back(value);
}

}  // namespace

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
  auto channel = os::make_channel_pair();
  if (!channel) return channel.error();
  auto errors = os::make_pipe();
  if (!errors) return errors.error();
  os::ChildPlan plan;
  plan.argv = command_line(pool);
  plan.environment = environment_of(pool, slot);
  if (const char* path = os::find_variable(plan.environment, "PATH")) plan.search_path = path;
  plan.directory = pool.directory;
  plan.standard_input = channel->theirs.get();
  plan.standard_output = channel->theirs.get();
  plan.standard_error = errors->write.get();
  plan.new_session = true;  // by which all that it started is found when it dies
  // A worker for commands sees the end of its channel and ends its command's tree first.
  plan.dies_with_parent = pool.kind != PoolKind::command;
  auto started = os::spawn(plan);
  if (const auto* failure = std::get_if<os::LaunchFailure>(&started))
    return Error(ErrorCode::system, failure->describe());
  return LaunchedWorker{std::move(std::get<os::Child>(started)), std::move(channel->ours),
                        std::move(errors->read)};
}

}  // namespace procpool::pool
