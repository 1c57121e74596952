// What a worker says, what it reads, and what it leaves in a spool file.

#include <variant>

#include "common/json/view.hpp"
#include "common/overloaded.hpp"
#include "common/protocol/spool.hpp"
#include "common/protocol/worker_message.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace procpool::fuzz {
namespace {

using namespace worker_message;

void check(const FromWorker& message) {
  std::visit(
      Overloaded{
          [](const Succeeded& answer) {
            require(answer.measures.empty() || answer.measures.size() == answer.count,
                    "each value has its measures, or none has");
            const std::string values = "[" + std::string(answer.joined_values()) + "]";
            const auto checked = json::check(values, json::default_depth + 1);
            require(checked && checked->count() == answer.count, "the values are JSON, and as many");
          },
          [](const Ended& answer) {
            require(is_final(answer.state) && answer.state != TaskState::succeeded, "a state of an end");
            require(answer.value.empty() || json::check(answer.value), "a value is JSON");
            const std::string line = encode(answer);
            require(static_cast<bool>(decode_from_worker(line)), "what was read can be written");
          },
          [](const Dropped& dropped) { require(dropped.count > 0, "something was dropped"); },
          [](const Ready& ready) {
            require(static_cast<bool>(decode_from_worker(encode(ready))), "what was read can be written");
          },
          [](const StartFailed& failed) {
            require(static_cast<bool>(decode_from_worker(encode(failed))), "what was read can be written");
          }},
      message);
}

/// As the daemon says it.
std::string encoded(const Job& job) {
  JobSpec spec;
  spec.work = job.command;
  spec.directory = job.directory;
  spec.environment = job.environment;
  spec.timeout = job.timeout;
  spec.kill_after = job.kill_after;
  spec.limits = job.limits;
  return encode(JobOrder{job.id, spec, job.capture, job.pass_outputs});
}

void check(const FromDaemon& message) {
  std::visit(Overloaded{[](const Job& job) {
                          const std::string line = encoded(job);
                          require(line.find('\n') == std::string::npos, "a message is one line");
                          const auto back = decode_from_daemon(line);
                          require(static_cast<bool>(back), "what was read can be written");
                          require(encoded(std::get<Job>(*back)) == line, "nothing is lost on the way");
                        },
                        [](const ReceivedBatch& batch) {
                          for (const std::string& input : batch.inputs)
                            require(static_cast<bool>(json::check(input)), "an input is JSON");
                          require(batch.spool.empty() || batch.spool.front() == '/', "a path is absolute");
                        },
                        [](const Cancel& cancel) {
                          require(static_cast<bool>(decode_from_daemon(encode(cancel))),
                                  "what was read can be written");
                        },
                        [](const Signal& signal) {
                          require(static_cast<bool>(decode_from_daemon(encode(signal))),
                                  "what was read can be written");
                        }},
             message);
}

void check(const spool::Line& line) {
  if (const auto* header = std::get_if<spool::Header>(&line))
    require(std::get<spool::Header>(*spool::decode(encode(*header))) == *header, "a header comes through");
  if (const auto* begun = std::get_if<spool::Begun>(&line))
    require(std::get<spool::Begun>(*spool::decode(encode(*begun))).index == begun->index,
            "what has begun comes through");
}

}  // namespace
}  // namespace procpool::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace procpool;
  const std::string_view line = fuzz::text_of(data, size);
  if (const auto message = worker_message::decode_from_worker(line)) fuzz::check(*message);
  if (const auto message = worker_message::decode_from_daemon(line)) fuzz::check(*message);
  if (const auto noted = spool::decode(line)) fuzz::check(*noted);
  return 0;
}
