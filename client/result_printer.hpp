#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/exit_status.hpp"
#include "client/output.hpp"
#include "client/passed_outputs.hpp"
#include "client/screen.hpp"
#include "common/job/spec.hpp"
#include "common/protocol/reply_codec.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// Prints the results of a job as its verb and its format want it, tells failures on
/// standard error, and counts for the exit status. Many tasks that were cancelled are
/// one failure of the job: they are told at the end, in one line.
///
///     format    map, starmap              the other verbs
///     values    one array; null where     a value a line; nothing for a task without
///               a task has no value
///     records   a record a line, and no failures on standard error
///     raw       what each command wrote, on standard output and standard error
class ResultPrinter {
 public:
  ResultPrinter(Verb verb, Format format, Screen& screen, Output& output);

  /// Where raw outputs are that are not in their values.
  void takes_from(PassedOutputs& passed) { passed_ = &passed; }

  /// A page of results, in order.
  Result<void> take(const protocol::ReceivedResults& results);
  /// The record of an apply.
  Result<void> take_record(json::View record);
  /// The last results were taken: closes what is open.
  Result<void> finish();

  /// From now on tasks that were cancelled are not told: the user did it.
  void hush_cancelled() { hush_cancelled_ = true; }

  const Outcome& outcome() const { return outcome_; }
  std::uint64_t taken() const { return taken_; }

 private:
  enum class Layout { array, lines };

  Result<void> print_values(std::uint64_t first, json::View values);
  Result<void> print_value(std::uint64_t index, std::string_view value);
  Result<void> print_raw(std::uint64_t index, std::string_view value);
  Result<void> print_passed(std::uint64_t index, OutputStream stream);
  Result<void> print_in_array(std::uint64_t index, std::string_view value);
  Result<void> append_to_array(std::string_view elements, std::uint64_t count);
  Result<void> tell_failure(const protocol::ReceivedRecord& record);
  void tell_cancelled();

  Format format_;
  Layout layout_;
  Screen& screen_;
  Output& output_;
  PassedOutputs* passed_ = nullptr;
  Outcome outcome_;
  std::uint64_t taken_ = 0;
  std::uint64_t in_array_ = 0;  // how many elements were printed
  bool hush_cancelled_ = false;
  std::string room_;  // kept for its memory

  struct Cancelled {
    std::uint64_t count = 0;
    std::string first;  // what is told if it stays the only one
    std::string why;    // of the first
  };
  Cancelled cancelled_;
};

/// "ValueError: bad number 3"; the message alone where the code says nothing more.
std::string sentence_of(const TaskError& error);

}  // namespace procpool::client
