// Ctrl-C while a job runs for the client: which jobs the guard cancels.

#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>

#include "client/job_guard.hpp"
#include "tests/support/child_output.hpp"
#include "tests/support/listener.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool::client;
using namespace procpool::test;

namespace {

/// A guard of this process, for a kept job.
class Guarded {
 public:
  Guarded() {
    pthread_sigmask(SIG_BLOCK, nullptr, &before_);
    auto started = JobGuard::start(caller_, false);
    REQUIRE(started);
    guard_ = *std::move(started);
  }
  ~Guarded() {
    guard_.reset();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  JobGuard& guard() const { return *guard_; }
  /// Ctrl-C, which the guard has obeyed when this returns.
  void interrupt() const {
    REQUIRE(kill(getpid(), SIGINT) == 0);
    REQUIRE(wait_for(guard_->interrupted_descriptor(), POLLIN));
  }
  bool has_cancelled() const { return listener_.is_awaited(); }

 private:
  TemporaryDirectory directory_;
  Listener listener_{directory_.path("socket")};
  Globals globals_;
  Screen screen_{Color::never, Verbosity::normal};
  Output output_{screen_};
  Caller caller_{globals_, directory_.path("socket"), screen_, output_};
  sigset_t before_{};
  std::unique_ptr<JobGuard> guard_;
};

}  // namespace

TEST_CASE("a job that is interrupted before its id is handed over is cancelled, and not handed over") {
  const Guarded guarded;
  guarded.guard().job_is(procpool::JobId{7});
  guarded.interrupt();
  CHECK(guarded.has_cancelled());
  CHECK_FALSE(guarded.guard().hand_over());
}

TEST_CASE("a job whose id was handed over is nobody's to cancel but the user's") {
  const Guarded guarded;
  guarded.guard().job_is(procpool::JobId{7});
  CHECK(guarded.guard().hand_over());
  guarded.interrupt();
  CHECK_FALSE(guarded.has_cancelled());
}
