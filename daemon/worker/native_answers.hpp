#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/job/record.hpp"
#include "daemon/worker/channel.hpp"
#include "daemon/worker/outbox.hpp"

namespace procpool::worker {

/// The answers to the tasks of one batch, in the order in which they came. They are sent
/// at once, or gathered in the outbox, where the death of this process does not lose
/// them. A large value is never copied.
class NativeAnswers {
 public:
  enum class Sending { at_once, gathered };

  NativeAnswers(Channel& channel, Outbox& outbox, std::int64_t batch);

  /// Where the value of the next task is to be appended. Then comes settle_value() or
  /// settle_error(). An error of those and of send() means that the daemon is gone.
  std::string& begin_value();
  /// `measures` may be null.
  Result<void> settle_value(Sending how, const Measures* measures);
  Result<void> settle_error(Sending how, const TaskError& error, const Measures* measures);

  /// Sends what was gathered.
  Result<void> send();

 private:
  Result<void> send_alone(std::string_view line);
  /// Appends it to the text if there is room.
  bool append(std::string_view before, std::string_view bytes, char commit);
  /// False: there is no room for it.
  bool close_values();
  std::string end_of_values() const;

  Channel& channel_;
  Outbox& outbox_;
  std::int64_t batch_;
  std::string head_;                // of a line of values
  std::string line_;                // of one task, kept for its memory
  std::size_t gathered_ = 0;        // so many tasks are settled in the text of the outbox
  std::size_t open_values_ = 0;     // so many values are in its open line; 0: none is open
  std::vector<Measures> measures_;  // of the open line
};

}  // namespace procpool::worker
