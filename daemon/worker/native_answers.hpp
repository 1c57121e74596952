#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/job/record.hpp"
#include "daemon/worker/channel.hpp"

namespace procpool::worker {

/// The answers to the tasks of one batch, in the order in which they came. Written as
/// text at once: a value is copied once, and costs no memory of its own.
class NativeAnswers {
 public:
  NativeAnswers(Channel& channel, std::int64_t batch) : channel_(channel), batch_(batch) {}

  /// Where the value of the next task is to be appended. Then comes settle_value(),
  /// or drop_value() and settle_error().
  std::string& begin_value();
  void drop_value();
  /// `measures` may be null.
  void settle_value(const Measures* measures);
  void settle_error(TaskError error, const Measures* measures);

  /// So many bytes wait to be sent.
  std::size_t size() const { return text_.size(); }
  Result<void> send();

 private:
  void close_values();

  Channel& channel_;
  std::int64_t batch_;
  std::string text_;                // whole lines and the one that is open
  std::size_t before_value_ = 0;    // the size of text_ before begin_value()
  std::size_t open_values_ = 0;     // so many values are in the open line; 0: none is open
  std::vector<Measures> measures_;  // of the open line
};

}  // namespace procpool::worker
