#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/job/record.hpp"
#include "common/protocol/request.hpp"
#include "daemon/store/recovery.hpp"

namespace procpool::flow {

/// The inputs of a job's tasks that have not ended, as the JSON text in which they
/// came: nothing is decoded, a task costs its text and four bytes. Batches go when all
/// of their tasks have ended.
class InputQueue {
 public:
  /// The elements of `inputs`, an array that was checked, are the tasks behind the last
  /// one. Returns how many.
  std::uint64_t add(request::Inputs inputs, WallTime now);

  /// Inputs of a former daemon, without those of tasks that had `ended` (in order).
  void restore(const store::InputsAdded& batch, const std::vector<store::TaskRange>& ended);

  /// Some consecutive inputs.
  struct Run {
    Text items;  // joined by commas
    bool base64 = false;
    WallTime queued_at;  // of the first
  };
  /// Precondition: none of these tasks has been released.
  Run run(std::uint64_t first, std::uint64_t count) const;

  /// The same as a JSON array, with its brackets. The text is where it is kept, or in `room`
  /// where it had to be put together.
  struct Array {
    Slice text;
    bool base64 = false;
  };
  Array array(std::uint64_t first, std::uint64_t count, std::string& room) const;

  WallTime queued_at(std::uint64_t index) const { return batch_of(index)->second.queued_at; }

  /// These tasks have ended; their inputs are not asked for again.
  void release(std::uint64_t first, std::uint64_t count);

  /// How many tasks there have ever been.
  std::uint64_t total() const { return total_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Batch {
    Text text;                          // the array, with its brackets
    std::vector<std::uint32_t> begins;  // of each element, in text
    bool base64 = false;
    WallTime queued_at;
    std::uint64_t released = 0;

    Slice part(std::uint64_t from, std::uint64_t count) const;
    std::uint64_t bytes() const { return text.size() + begins.size() * sizeof(std::uint32_t); }
  };
  using Batches = std::map<std::uint64_t, Batch>;

  Batches::const_iterator batch_of(std::uint64_t index) const;

  Batches batches_;  // by their first task
  std::uint64_t total_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace procpool::flow
