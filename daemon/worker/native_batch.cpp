#include "daemon/worker/native_batch.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <span>
#include <string>

#include "daemon/worker/native_answers.hpp"
#include "daemon/worker/native_call.hpp"
#include "daemon/worker/native_pacing.hpp"

namespace procpool::worker {
namespace {

using Clock = std::chrono::steady_clock;

/// [bytes] Answers are sent when there is so much of them, however short the time was.
constexpr std::size_t large_answer = std::size_t{1} << 20;

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
  BatchRun(Channel& channel, const NativeFunction& function, const NativeRequest& request)
      : function_(function), request_(request), answers_(channel, request.number) {}

  Result<void> run() {
    std::span<const json::View> waiting(request_.inputs);
    NativePacing pacing(waiting.size());
    const pid_t self = getpid();
    while (!waiting.empty()) {
      const auto start = Clock::now();
      std::size_t done = 0;
      while (done < std::min(pacing.size(), waiting.size()) && answers_.size() < large_answer)
        run_task(waiting[done++]);
      pacing.ran(done, Clock::now() - start);
      waiting = waiting.subspan(done);
      if (getpid() != self)
        _exit(EXIT_SUCCESS);  // a child that a function forked: the channel is not its own
      if (auto sent = answers_.send(); !sent) return sent;
    }
    return {};
  }

 private:
  void run_task(json::View input) {
    if (!request_.measure) return settle(call(input), nullptr);
    const Meter meter;
    auto error = call(input);
    const Measures measures = meter.end();
    settle(std::move(error), &measures);
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
    ((arguments_ = '[') += input.text()) += ']';
    return arguments_;
  }

  void settle(std::optional<TaskError> error, const Measures* measures) {
    if (!error) return answers_.settle_value(measures);
    answers_.drop_value();
    answers_.settle_error(std::move(*error), measures);
  }

  NativeFunction function_;
  const NativeRequest& request_;
  NativeAnswers answers_;
  NativeCall call_;
  std::string arguments_;  // kept for its memory
};

Result<void> answer_unknown(Channel& channel, const NativeRequest& request) {
  NativeAnswers answers(channel, request.number);
  const TaskError error{"no_such_function", "this worker offers no function '" + request.function + "'", "",
                        ""};
  for (std::size_t i = 0; i < request.inputs.size(); ++i) answers.settle_error(error, nullptr);
  return answers.send();
}

}  // namespace

Result<void> run_native_batch(Channel& channel, const NativeLibrary& library, const NativeRequest& request) {
  const NativeFunction* const function = library.find(request.function);
  if (function == nullptr) return answer_unknown(channel, request);
  return BatchRun(channel, *function, request).run();
}

}  // namespace procpool::worker
