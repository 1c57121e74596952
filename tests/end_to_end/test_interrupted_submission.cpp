// Ctrl-C while a job is submitted: what the user has no id of does not run on.

#include <doctest/doctest.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <csignal>
#include <string>

#include "tests/support/listener.hpp"
#include "tests/support/processes.hpp"
#include "tests/support/test_daemon.hpp"

namespace os = procpool::os;
using namespace procpool::test;

namespace {

constexpr int interrupted = 130;

/// A submission of which the test is the daemon.
class Submission {
 public:
  explicit Submission(const std::string& words)
      : program_(daemon_.start("exec procpool --socket listener " + words)) {
    Listener::read_call(call_);
  }

  void reply(const std::string& text) const { Listener::reply(call_, text); }
  /// It has read what was replied, and waits for more.
  void wait_until_told() const {
    const auto has_read = [&] {
      int unread = 0;
      return ioctl(call_.get(), SIOCOUTQ, &unread) == 0 && unread == 0;
    };
    REQUIRE(wait_until([&] { return has_read() && has_obeyed_signals(program_.pid()); }));
  }
  void interrupt() const {
    program_.interrupt();
    REQUIRE(wait_until([&] { return !program_.is_running() || has_obeyed_signals(program_.pid()); }));
    REQUIRE(program_.is_running());
  }
  /// The next call on a connection of its own, which stays open.
  std::string next_call() {
    side_ = listener_.accept();
    return Listener::read_call(side_);
  }
  bool has_called() const { return listener_.is_awaited(); }
  Finished finish() { return program_.finish(); }

 private:
  TestDaemon daemon_{command_pool(1)};
  Listener listener_{daemon_.path("listener")};
  Program program_;
  os::Fd call_{listener_.accept()};
  os::Fd side_;
};

}  // namespace

TEST_CASE("a kept job that is interrupted before its id is known is cancelled as soon as it is") {
  for (const std::string words : {"apply --async -- true", "map --async -- true ::: 1"}) {
    CAPTURE(words);
    Submission submission(words);
    submission.interrupt();
    submission.reply(R"({"parameters":{"job":7}})");
    const std::string cancel = submission.next_call();
    CHECK(cancel.find(R"("method":"io.procpool.Cancel")") != std::string::npos);
    CHECK(cancel.find(R"("jobs":[7])") != std::string::npos);
    CHECK(submission.finish() == Finished{interrupted, "", ""});
  }
}

TEST_CASE("who interrupts an apply is not told that it was") {
  Submission submission("apply -- true");
  submission.reply(R"({"parameters":{"job":7},"continues":true})");
  submission.wait_until_told();
  submission.interrupt();
  CHECK(submission.next_call().find(R"("method":"io.procpool.Cancel")") != std::string::npos);
  submission.reply(R"({"parameters":{"job":7,"record":{"index":0,"state":"cancelled",)"
                   R"("error":{"code":"cancelled","message":"interrupted"}}}})");
  CHECK(submission.finish() == Finished{interrupted, "", ""});
}

TEST_CASE("a submission that is interrupted does not cancel the job that was there already") {
  for (const std::string words : {"apply --async --unique key --if-exists get -- true",
                                  "map --async --unique key --if-exists get -- true ::: 1"}) {
    CAPTURE(words);
    Submission submission(words);
    submission.interrupt();
    submission.reply(R"({"parameters":{"job":7,"existed":true}})");
    CHECK(submission.finish() == Finished{interrupted, "", ""});
    CHECK_FALSE(submission.has_called());
  }
}
