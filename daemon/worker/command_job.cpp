#include "daemon/worker/command_job.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "common/job/placeholders.hpp"

namespace procpool::worker {
namespace {

/// The variables that tell a command what it belongs to. A command that was itself
/// submitted from a command has them already.
constexpr std::array<std::string_view, 6> told{{
    "PROCPOOL_JOB=", "PROCPOOL_SLOT=", "PROCPOOL_POOL=", "PROCPOOL_TASK=", "PROCPOOL_ATTEMPT=",
    "PROCPOOL_WORKER=",  // the mark of a worker of functions from which it was submitted
}};

bool is_told(std::string_view entry) {
  return entry.starts_with("PROCPOOL_") && std::any_of(told.begin(), told.end(), [&](std::string_view name) {
           return entry.starts_with(name);
         });
}

}  // namespace

WorkerIdentity WorkerIdentity::from_environment() {
  WorkerIdentity worker;
  if (const char* pool = std::getenv("PROCPOOL_POOL")) worker.pool = pool;
  if (const char* slot = std::getenv("PROCPOOL_SLOT")) {
    const std::string_view digits(slot);
    std::from_chars(digits.data(), digits.data() + digits.size(), worker.slot);
  }
  return worker;
}

CommandJob::CommandJob(worker_message::Job job, const WorkerIdentity& worker,
                       os::SignalBits signals_not_at_default)
    : job_(std::move(job)), slot_(worker.slot) {
  plan_.environment = std::move(job_.environment);
  std::erase_if(plan_.environment, is_told);
  plan_.environment.push_back("PROCPOOL_JOB=" + std::to_string(job_.id.number));
  plan_.environment.push_back("PROCPOOL_SLOT=" + std::to_string(worker.slot));
  plan_.environment.push_back("PROCPOOL_POOL=" + worker.pool);
  plan_.environment.resize(plan_.environment.size() + 2);
  if (const char* path = os::find_variable(plan_.environment, "PATH")) plan_.search_path = path;
  plan_.directory = job_.directory;
  plan_.search = &search_;
  plan_.signals_not_at_default = signals_not_at_default;
  plan_.limits = job_.limits;
}

os::ChildPlan& CommandJob::plan_for(std::uint64_t index, int attempt,
                                    const std::optional<std::string>& input) {
  PlaceholderValues values;
  values.index = index;
  values.slot = slot_;
  if (input) values.input = *input;
  const auto& argv = job_.command.argv;
  plan_.argv = input ? fill_in(argv, values) : fill_in_without_input(argv, values);
  *(plan_.environment.end() - 2) = "PROCPOOL_TASK=" + std::to_string(index);
  *(plan_.environment.end() - 1) = "PROCPOOL_ATTEMPT=" + std::to_string(attempt);
  plan_.standard_input = plan_.standard_output = plan_.standard_error = -1;
  return plan_;
}

std::string CommandJob::input_path() const {
  const std::string& path = job_.command.stdin_path;
  if (path.empty() || path.starts_with('/') || job_.directory.empty()) return path;
  return job_.directory + "/" + path;
}

}  // namespace procpool::worker
