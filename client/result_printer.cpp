#include "client/result_printer.hpp"

#include <algorithm>
#include <array>

#include "client/command_value.hpp"
#include "common/counted.hpp"

namespace procpool::client {
namespace {

std::string task_number(std::uint64_t index) { return "task " + std::to_string(index); }

}  // namespace

std::string sentence_of(const TaskError& error) {
  constexpr std::array<std::string_view, 7> own_codes{
      "exit_status", "signal", "timed_out", "cancelled", "lost", "not_launched", "invalid_value"};
  const bool is_own = std::find(own_codes.begin(), own_codes.end(), error.code) != own_codes.end();
  if (error.message.empty()) return error.code;
  return is_own ? error.message : error.code + ": " + error.message;
}

ResultPrinter::ResultPrinter(Verb verb, Format format, Screen& screen, Output& output)
    : format_(format),
      layout_(format == Format::values && (verb == Verb::map || verb == Verb::starmap) ? Layout::array
                                                                                       : Layout::lines),
      screen_(screen),
      output_(output),
      outcome_(verb) {}

Result<void> ResultPrinter::take(const protocol::ReceivedResults& results) {
  for (const protocol::ReceivedPiece& piece : results.pieces) {
    if (piece.values)
      if (auto printed = print_values(piece.first, *piece.values); !printed) return printed;
    if (!piece.record) continue;
    if (auto taken = take_record(*piece.record); !taken) return taken;
  }
  if (!results.result) return layout_ == Layout::lines ? output_.flush() : Result<void>();
  const auto job = protocol::decode_job(*results.result);
  if (!job) return job.error();
  outcome_.ended(*job);
  return {};
}

Result<void> ResultPrinter::take_record(json::View view) {
  const auto record = protocol::decode_record(view);
  if (!record) return record.error();
  ++taken_;
  outcome_.took(*record);
  if (format_ == Format::records) {
    if (auto written = output_.write(view.text()); !written) return written;
    return output_.write("\n");
  }
  if (auto printed = print_value(record->index, record->value); !printed) return printed;
  return tell_failure(*record);
}

/// Of tasks that succeeded, from `first` on.
Result<void> ResultPrinter::print_values(std::uint64_t first, json::View values) {
  const std::uint64_t count = values.count();
  taken_ += count;
  outcome_.succeeded(count);
  if (layout_ == Layout::array && first == in_array_ && count > 1)
    return append_to_array(values.joined(room_), count);
  std::uint64_t index = first;
  for (const json::View value : values.elements())
    if (auto printed = print_value(index++, value.text()); !printed) return printed;
  return {};
}

/// `value` is empty for a task that has none.
Result<void> ResultPrinter::print_value(std::uint64_t index, std::string_view value) {
  if (layout_ == Layout::array) return print_in_array(index, value);
  if (value.empty()) return {};
  if (format_ == Format::raw) return print_raw(index, value);
  if (auto written = output_.write(value); !written) return written;
  return output_.write("\n");
}

/// Every task has its place, also one of which nothing was heard.
Result<void> ResultPrinter::print_in_array(std::uint64_t index, std::string_view value) {
  while (in_array_ <= index) {
    const std::string_view element = in_array_ < index || value.empty() ? "null" : value;
    if (auto appended = append_to_array(element, 1); !appended) return appended;
  }
  return {};
}

/// So many, with commas between.
Result<void> ResultPrinter::append_to_array(std::string_view elements, std::uint64_t count) {
  if (auto written = output_.write(in_array_ == 0 ? "[" : ","); !written) return written;
  in_array_ += count;
  return output_.write(elements);
}

Result<void> ResultPrinter::print_raw(std::uint64_t index, std::string_view value) {
  const auto streams = command_streams(value);
  if (!streams) return streams.error();
  if (auto written = output_.write(streams->out.bytes); !written) return written;
  if (streams->out.passed > 0)
    if (auto printed = print_passed(index, OutputStream::out); !printed) return printed;
  if (!streams->err.bytes.empty() || streams->err.passed > 0)
    if (auto flushed = output_.flush(); !flushed) return flushed;
  screen_.bytes(streams->err.bytes);
  if (streams->err.passed > 0)
    if (auto printed = print_passed(index, OutputStream::err); !printed) return printed;
  const auto tell = [&](const CommandStream& stream, const char* name) {
    if (stream.left_out == 0) return;
    screen_.error(task_number(index) + ": " + counted(stream.left_out, "byte") + " in the middle of its " +
                  name + (stream.left_out == 1 ? " was" : " were") + " left out");
  };
  tell(streams->out, "standard output");
  tell(streams->err, "standard error");
  return {};
}

Result<void> ResultPrinter::print_passed(std::uint64_t index, OutputStream stream) {
  if (passed_ == nullptr) {
    screen_.error(task_number(index) + ": its output went to the client that submitted the job");
    return {};
  }
  const auto output = passed_->take(index, stream);
  if (!output) return output.error();
  for (const FilePiece& piece : output->pieces) {
    if (stream == OutputStream::err) {
      screen_.bytes(output->memory.get(), piece);
    } else if (auto copied = output_.copy(output->memory.get(), piece); !copied) {
      return copied;
    }
  }
  return {};
}

Result<void> ResultPrinter::tell_failure(const protocol::ReceivedRecord& record) {
  if (record.state == TaskState::succeeded) return {};
  const std::string why = record.error ? sentence_of(*record.error) : std::string(name_of(record.state));
  const std::string line = task_number(record.index) + " failed: " + why;
  if (record.state == TaskState::cancelled) {
    if (!hush_cancelled_ && cancelled_.count++ == 0) cancelled_ = {1, line, why};
    return {};
  }
  // An array is not cut in two by messages; lines come in the order of what happened.
  if (layout_ == Layout::lines)
    if (auto flushed = output_.flush(); !flushed) return flushed;
  screen_.error(line);
  if (record.error) screen_.detail(record.error->traceback);
  return {};
}

void ResultPrinter::tell_cancelled() {
  if (cancelled_.count == 1) screen_.error(cancelled_.first);
  if (cancelled_.count > 1)
    screen_.error(std::to_string(cancelled_.count) + " tasks were cancelled: " + cancelled_.why);
}

Result<void> ResultPrinter::finish() {
  if (layout_ == Layout::array)
    if (auto written = output_.write(in_array_ == 0 ? "[]\n" : "]\n"); !written) return written;
  auto flushed = output_.flush();
  tell_cancelled();
  return flushed;
}

}  // namespace procpool::client
