#include "daemon/pool/process_launcher.hpp"

#include <unistd.h>

#include <chrono>
#include <string_view>

#include "common/os/channel_pair.hpp"
#include "common/os/service_environment.hpp"
#include "common/os/spawn.hpp"
#include "common/protocol/limits_codec.hpp"
#include "daemon/log/log.hpp"
#include "daemon/pool/child_process.hpp"

namespace procpool::pool {
namespace {

constexpr std::string_view mark_name = "PROCPOOL_WORKER=";

std::vector<std::string> environment_of(const PoolSpec& pool, int slot, const std::string& mark) {
  std::vector<std::string> environment = pool.environment;
  if (environment.empty())
    for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  std::erase_if(environment, [](std::string_view entry) {
    return os::is_for_one_process(entry) || entry.starts_with(mark_name);
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

/// Without the controllers the limits hold for each process, and not for all together. A
/// function is not left to wait for a process of its own that was killed for memory.
void bind(const os::Cgroup& group, const ProcessLimits& limits) {
  (void)group.die_together();
  if (limits.memory) (void)group.limit_memory(static_cast<std::uint64_t>(*limits.memory) + os::kernel_memory);
  if (limits.processes) (void)group.limit_processes(static_cast<std::uint64_t>(*limits.processes));
}

}  // namespace

ProcessLauncher::ProcessLauncher(WorkerPrograms programs, os::Household& household,
                                 const os::CgroupMachine& machine)
    : programs_(std::move(programs)),
      household_(household),
      marks_(marks_of_this_daemon()),
      guardian_(programs_.worker, marks_, household) {
  auto groups = os::CgroupTree::make("procpoold", machine);
  if (groups) {
    groups_.emplace(std::move(*groups));
    guardian_.watch_over(groups_->path());
    rung_.reason = groups_->why_unbounded();
    rung_.control_group = rung_.reason.empty() ? ControlGroup::limits : ControlGroup::tracking;
  } else {
    rung_.reason = groups.error().message();
  }
  if (!rung_.reason.empty())
    log::debug("control groups of workers: " + std::string(name_of(rung_.control_group)) + ", because " +
               rung_.reason);
}

std::optional<os::Cgroup> ProcessLauncher::new_group(const PoolSpec& pool) const {
  if (!groups_) return std::nullopt;
  auto group = groups_->make_group("worker-" + std::to_string(launched_));
  if (!group) {
    log::warning(group.error().message());
    return std::nullopt;
  }
  // A worker for commands binds each of them itself.
  if (pool.kind != PoolKind::command) bind(*group, pool.limits);
  return std::move(*group);
}

std::vector<std::string> ProcessLauncher::command_line(const PoolSpec& pool,
                                                       const std::optional<os::Cgroup>& group) const {
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
  if (pool.kind == PoolKind::command && pool.limits.any())
    add_option(argv, "--limits", protocol::encode_limits(pool.limits));
  if (pool.kind == PoolKind::command && group) add_option(argv, "--control-group", group->path());
  return argv;
}

Result<LaunchedWorker> ProcessLauncher::launch(const PoolSpec& pool, int slot) {
  ++launched_;
  if (auto kept = guardian_.keep(); !kept)
    log::warning("nobody would find what functions leave behind if the daemon were killed: " +
                 kept.error().message());
  auto channel = os::make_channel_pair();
  if (!channel) return channel.error();
  auto errors = os::make_pipe();
  if (!errors) return errors.error();
  os::ChildPlan plan;
  auto group = new_group(pool);
  plan.argv = command_line(pool, group);
  const std::string mark = pool.kind == PoolKind::command ? "" : marks_ + std::to_string(launched_);
  plan.environment = environment_of(pool, slot, mark);
  if (const char* path = os::find_variable(plan.environment, "PATH")) plan.search_path = path;
  plan.directory = pool.directory;
  plan.standard_input = channel->theirs.get();
  plan.standard_output = channel->theirs.get();
  plan.standard_error = errors->write.get();
  // A worker for commands was given them on its command line: they are its commands'.
  if (pool.kind != PoolKind::command) plan.limits = pool.limits;
  plan.open_files = household_.open_files();
  plan.oom_score = household_.oom_score();
  plan.new_session = true;  // what is typed at the daemon's terminal is not for it
  // A worker for commands sees the end of its channel and ends its command's tree first.
  plan.dies_with_parent = pool.kind != PoolKind::command;
  const auto entrance = group ? group->entrance() : Result<os::Fd>(os::Fd());
  if (entrance) plan.control_group = entrance->get();
  auto started = os::spawn(plan);
  if (const auto* failure = std::get_if<os::LaunchFailure>(&started))
    return Error(ErrorCode::system, failure->describe());
  const ControlGroup rung = entrance && group ? rung_.control_group : ControlGroup::none;
  return LaunchedWorker{std::make_unique<ChildProcess>(std::get<os::Child>(std::move(started)), household_,
                                                       mark, std::move(group), rung),
                        std::move(channel->ours), std::move(errors->read)};
}

}  // namespace procpool::pool
