#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/os/household.hpp"
#include "daemon/flow/job_flow.hpp"
#include "tests/sim/fake_workers.hpp"
#include "tests/sim/hand_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace procpool::sim {

/// Are these the last inputs?
enum class Last { no, yes };

/// All jobs and one pool, `sim`, of functions, over a store on a real disk. What the disk has
/// answered is heard at once, or when the test says so.
class OneFlow {
 public:
  explicit OneFlow(int workers, FakeWorker::Manners manners = FakeWorker::Manners::leaves_when_told);
  ~OneFlow();
  OneFlow(const OneFlow&) = delete;
  OneFlow& operator=(const OneFlow&) = delete;

  flow::JobFlow& flow() { return *flow_; }
  std::vector<std::shared_ptr<FakeWorker>> workers() const { return launcher_.living(); }
  /// Of the function that the workers offer, with one input a task.
  static JobSpec map();

  /// Begins what comes to an end later; its result, once it is there.
  template <class Value>
  std::shared_ptr<std::optional<Value>> begin(asio::awaitable<Value> story) {
    auto result = std::make_shared<std::optional<Value>>();
    asio::co_spawn(context_, noting(std::move(story), result), [](std::exception_ptr broken) {
      if (broken) std::rethrow_exception(broken);
    });
    happen();
    return result;
  }
  using Submitted = Result<verbs::JobService::Submitted>;
  std::shared_ptr<std::optional<Submitted>> submit_later(SessionId session, const JobSpec& spec,
                                                         const std::string& inputs, Last last);
  /// A job that must be taken in, with all of its inputs.
  JobId submit(SessionId session, const JobSpec& spec, const std::string& inputs = "[1]");
  static verbs::Caller caller(SessionId session) { return {session}; }

  /// From here on nobody hears what the disk answers, until hear_disk().
  void disk_is_slow() { hears_disk_ = false; }
  void hear_disk();

  void happen();
  void pass(Seconds time);

  FakeLauncher& launcher() { return launcher_; }
  /// Of the daemon, before anything of it is used.
  config::Settings settings;

 private:
  template <class Value>
  static asio::awaitable<void> noting(asio::awaitable<Value> story,
                                      std::shared_ptr<std::optional<Value>> result) {
    result->emplace(co_await std::move(story));
  }
  asio::awaitable<Submitted> submitting(SessionId session, JobSpec spec, request::Inputs inputs, Last last);
  void hear_what_was_told();

  HandClock clock_;
  asio::io_context context_{1};
  const test::TemporaryDirectory directory_;
  std::mutex mutex_;
  std::deque<std::function<void()>> told_;  // by the thread of the store
  bool hears_disk_ = true;
  FakeLauncher launcher_;
  os::Household household_;
  std::unique_ptr<store::Store> store_;
  std::optional<flow::JobFlow> flow_;
};

}  // namespace procpool::sim
