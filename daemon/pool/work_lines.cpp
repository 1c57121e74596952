#include "daemon/pool/work_lines.hpp"

#include "common/json/large_text.hpp"
#include "common/protocol/worker_message.hpp"

namespace procpool::pool {
namespace {

using worker_message::Batch;
using worker_message::encode;

std::vector<Parts> command_lines(const Work& work, const WorkForm& form) {
  std::vector<Parts> lines;
  lines.push_back(encode(Batch{form.number, work.job, work.first, work.attempt, "", work.inputs, work.base64,
                               false, "", work.measure, work.spool}));
  if (form.knows_job) return lines;
  // Both lines in one message: the worker would be woken for each.
  const worker_message::JobOrder job{work.job, *work.spec, work.capture, work.pass_outputs};
  lines.front().prepend(encode(job) + '\n');
  return lines;
}

/// What stands between the brackets of an array of one element.
std::string_view only_element(std::string_view array) {
  constexpr std::string_view space = " \t\n\r";
  const std::size_t from = array.find_first_not_of(space, 1);
  return array.substr(from, array.find_last_not_of(space, array.size() - 2) - from + 1);
}

std::vector<std::string_view> elements_of(const Work& work) {
  if (work.count == 1) return {only_element(work.inputs.bytes)};
  std::vector<std::string_view> elements;
  for (const json::View element : json::known_good(work.inputs.bytes).elements())
    elements.push_back(element.text());
  return elements;
}

std::vector<Parts> task_lines(const Work& work, const FunctionCall& call, std::int64_t number) {
  const bool star = work.spec->takes_argument_arrays();
  std::vector<Parts> lines;
  std::uint64_t index = work.first;
  for (const std::string_view element : elements_of(work)) {
    const bool is_large = element.size() >= json::large;
    lines.push_back(encode(worker_message::Task{number++, work.job, index++, work.attempt, call.name,
                                                Slice(element, is_large ? work.inputs.block : nullptr), star,
                                                call.kwargs}));
  }
  return lines;
}

}  // namespace

std::vector<Parts> work_lines(const Work& work, const WorkForm& form) {
  if (work.spec->is_command()) return command_lines(work, form);
  const auto& call = std::get<FunctionCall>(work.spec->work);
  if (!form.batches) return task_lines(work, call, form.number);
  std::vector<Parts> lines;
  lines.push_back(encode(Batch{form.number, work.job, work.first, work.attempt, call.name, work.inputs, false,
                               work.spec->takes_argument_arrays(), call.kwargs, work.measure}));
  return lines;
}

}  // namespace procpool::pool
