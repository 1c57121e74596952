#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/job/record.hpp"
#include "daemon/worker/channel.hpp"
#include "daemon/worker/outbox.hpp"

namespace procpool::worker {

/// The answers to the tasks of one batch, in the order in which they came. They are sent
/// at once, or gathered: then they stand in the outbox, too, where the death of this process
/// does not lose them. A large value is never copied.
class BatchAnswers {
 public:
  enum class Sending { at_once, gathered };

  BatchAnswers(Channel& channel, Outbox& outbox, std::int64_t batch);

  /// Where the value of the next task is to be appended. Then comes settle_value() or
  /// settle_error(). An error of those and of send() means that the daemon is gone.
  std::string& begin_value();
  /// `measures` may be null.
  Result<void> settle_value(Sending how, const Measures* measures);
  Result<void> settle_error(Sending how, const TaskError& error, const Measures* measures);

  /// Sends what was gathered. Not between begin_value() and what comes then.
  Result<void> send();

 private:
  /// What was added to the text goes to the outbox; or, if that has no room, everything is sent.
  Result<void> keep(Sending how, std::string_view commit);
  void close_values();

  Channel& channel_;
  Outbox& outbox_;
  std::int64_t batch_;
  std::string head_;                // of a line of values
  std::string text_;                // what is to be sent
  std::size_t kept_ = 0;            // so much of it stands in the outbox, too, with a TAB behind each value
  std::size_t gathered_ = 0;        // so many tasks are settled in it
  std::size_t open_values_ = 0;     // so many values are in its last line; 0: none is open
  std::vector<Measures> measures_;  // of the open line
};

}  // namespace procpool::worker
