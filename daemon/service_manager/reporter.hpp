#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "daemon/service_manager/notifier.hpp"

namespace procpool::service_manager {

/// What the reporter tells of.
class Reported {
 public:
  virtual ~Reported() = default;
  /// How we are, in one line.
  virtual std::string summary() = 0;
  /// Returns when the summary may have become another one.
  virtual asio::awaitable<void> news() = 0;
  /// Are we at something that takes as long as it takes, and that has a deadline for a
  /// service manager, as starting and ending have?
  virtual bool takes_its_time() = 0;
  /// What is broken so that only a new process is of help; nothing if all is well.
  virtual std::optional<std::string> fault() = 0;
};

/// Keeps the service manager informed:
///
///     message             | when
///     --------------------+--------------------------------------------------------------
///     STATUS=             | the summary has changed, at most once a second
///     EXTEND_TIMEOUT_USEC=| again and again while we take our time
///     WATCHDOG=1          | twice in the time that the manager gives us, from the loop
///                         | that does all work, as long as nothing is broken
///
/// Who is idle is woken by the watchdog alone, and without a manager by nothing.
class Reporter {
 public:
  Reporter(Notifier& notifier, std::optional<std::chrono::microseconds> watchdog, Reported& reported)
      : notifier_(notifier), watchdog_(watchdog), reported_(reported) {}

  /// Until it is cancelled.
  asio::awaitable<void> run();

  void ready() { notifier_.ready(told_ = reported_.summary()); }
  void reloading() { notifier_.reloading(told_ = "reading the settings again"); }
  void stopping() { notifier_.stopping(told_ = reported_.summary()); }
  /// The end may take so long from here.
  void need(std::chrono::microseconds time) { notifier_.need(time); }

 private:
  asio::awaitable<void> tell_changes();
  asio::awaitable<void> ask_for_time();
  asio::awaitable<void> give_signs_of_life();

  Notifier& notifier_;
  std::optional<std::chrono::microseconds> watchdog_;
  Reported& reported_;
  std::string told_;
};

}  // namespace procpool::service_manager
