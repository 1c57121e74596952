#include "daemon/pool/work_lines.hpp"

#include "common/protocol/worker_message.hpp"

namespace procpool::pool {
namespace {

using worker_message::Batch;
using worker_message::encode;

std::vector<std::string> command_lines(const Work& work, const Command& command, const WorkForm& form) {
  const JobSpec& spec = *work.spec;
  std::vector<std::string> lines;
  if (!form.knows_job)
    lines.push_back(encode(worker_message::Job{work.job, command, spec.directory, spec.environment,
                                               spec.timeout, spec.kill_after, work.capture, spec.limits}));
  lines.push_back(encode(Batch{form.number, work.job, work.first, work.attempt, "", work.inputs, work.base64,
                               false, "", work.measure, work.spool}));
  return lines;
}

std::vector<std::string> task_lines(const Work& work, const FunctionCall& call, std::int64_t number) {
  const bool star = work.spec->takes_argument_arrays();
  const auto inputs = json::check(work.inputs);
  std::vector<std::string> lines;
  std::uint64_t index = work.first;
  for (const json::View input : inputs->elements()) {
    const std::string arguments = star ? std::string(input.text()) : "[" + std::string(input.text()) + "]";
    lines.push_back(encode(
        worker_message::Task{number++, work.job, index++, work.attempt, call.name, arguments, call.kwargs}));
  }
  return lines;
}

}  // namespace

std::vector<std::string> work_lines(const Work& work, const WorkForm& form) {
  if (const auto* command = std::get_if<Command>(&work.spec->work))
    return command_lines(work, *command, form);
  const auto& call = std::get<FunctionCall>(work.spec->work);
  if (!form.batches) return task_lines(work, call, form.number);
  return {encode(Batch{form.number, work.job, work.first, work.attempt, call.name, work.inputs, false,
                       work.spec->takes_argument_arrays(), call.kwargs, work.measure})};
}

}  // namespace procpool::pool
