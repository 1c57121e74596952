#include "daemon/worker/native_batch.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <span>
#include <string>

#include "daemon/worker/batch_answers.hpp"
#include "daemon/worker/native_call.hpp"

namespace procpool::worker {
namespace {

using Clock = std::chrono::steady_clock;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// What one task took, from its construction to end().
class Meter {
 public:
  Measures end() const {
    Measures measures;
    measures.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    measures.cpu_seconds = cpu_seconds() - cpu_start_;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    measures.max_rss_kib = usage.ru_maxrss;
    return measures;
  }

 private:
  double cpu_start_ = cpu_seconds();
  Clock::time_point start_ = Clock::now();
};

class BatchRun {
 public:
  BatchRun(Channel& channel, Outbox& outbox, NativePacing& pacing, const NativeFunction& function,
           const NativeRequest& request)
      : function_(function),
        request_(request),
        outbox_(outbox),
        pacing_(pacing),
        answers_(channel, outbox, request.number) {}

  Result<void> run() {
    std::span<const json::View> waiting(request_.inputs);
    pacing_.begin_batch(waiting.size());
    while (!waiting.empty()) {
      const std::size_t size = std::min(pacing_.size(), waiting.size());
      const auto ran = run_block(waiting.first(size));
      if (!ran) return ran.error();
      if (*ran < size) break;
      waiting = waiting.subspan(size);
    }
    return {};
  }

 private:
  /// How many of them have run: the others were taken back, and what is behind them.
  Result<std::size_t> run_block(std::span<const json::View> block) {
    const auto start = Clock::now();
    how_ = block.size() == 1 ? BatchAnswers::Sending::at_once : BatchAnswers::Sending::gathered;
    std::size_t ran = 0;
    for (; ran < block.size() && outbox_.begin(); ++ran)
      if (auto heard = run_task(block[ran]); !heard) return heard.error();
    if (ran > 0) pacing_.ran(ran, Clock::now() - start);
    if (auto sent = answers_.send(); !sent) return sent.error();
    return ran;
  }

  Result<void> run_task(json::View input) {
    if (!request_.measure) return settle(call(input), nullptr);
    const Meter meter;
    const auto error = call(input);
    const Measures measures = meter.end();
    return settle(error, &measures);
  }

  std::optional<TaskError> call(json::View input) {
    std::string& value = answers_.begin_value();
    if (request_.star && input.kind() != json::Kind::array)
      return TaskError{"TypeError", "the input is not an array of arguments", "", ""};
    return call_.run(request_.function, function_, arguments_of(input), request_.keywords, value);
  }

  std::string_view arguments_of(json::View input) {
    if (request_.star) return input.text();
    if (request_.inputs.size() == 1) return request_.inputs_text;  // [input], and nothing was copied
    arguments_.resize(input.text().size() + 2);
    arguments_.front() = '[';
    input.text().copy(arguments_.data() + 1, input.text().size());
    arguments_.back() = ']';
    return arguments_;
  }

  Result<void> settle(const std::optional<TaskError>& error, const Measures* measures) {
    if (!outbox_.is_mine()) _exit(EXIT_SUCCESS);  // a child that the function forked: nobody waits for it
    return error ? answers_.settle_error(how_, *error, measures) : answers_.settle_value(how_, measures);
  }

  NativeFunction function_;
  const NativeRequest& request_;
  Outbox& outbox_;
  NativePacing& pacing_;
  BatchAnswers answers_;
  BatchAnswers::Sending how_ = BatchAnswers::Sending::at_once;
  NativeCall call_;
  std::string arguments_;  // kept for its memory
};

}  // namespace

Result<void> NativeBatches::run(const NativeRequest& request) {
  const NativeFunction* const function = library_.find(request.function);
  if (function == nullptr) return answer_unknown(request);
  if (request.job != job_) {
    job_ = request.job;
    pacing_ = NativePacing(outbox_.is_shared());
  }
  return BatchRun(channel_, outbox_, pacing_, *function, request).run();
}

Result<void> NativeBatches::answer_unknown(const NativeRequest& request) {
  BatchAnswers answers(channel_, outbox_, request.number);
  const TaskError error{"no_such_function", "this worker offers no function '" + request.function + "'", "",
                        ""};
  for (std::size_t i = 0; i < request.inputs.size() && outbox_.begin(); ++i)
    if (auto heard = answers.settle_error(BatchAnswers::Sending::gathered, error, nullptr); !heard)
      return heard;
  return answers.send();
}

}  // namespace procpool::worker
