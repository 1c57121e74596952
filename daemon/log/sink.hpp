#pragma once

#include <spdlog/sinks/base_sink.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "daemon/log/journal.hpp"
#include "daemon/log/record.hpp"

namespace procpool::log {

/// Where lines go. With the format `automatic`:
///
///     standard error       the journal answers | lines
///     ---------------------+-------------------+-----------------------------------------
///     is the journal's     | yes               | to the journal, with fields
///     is the journal's     | no                | to standard error, the level in front
///     is anything else     |                   | to standard error, as text with the time
///
/// `text` and `json` go to standard error. Nobody waits for a journal that is too busy: it
/// is told later how many lines were lost.
class Sink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// `journal_stream` is what the service manager says of standard error.
  void begin(LogFormat format, std::string_view journal_stream);
  void choose(LogFormat format);
  bool is_at_journal() const { return is_at_journal_; }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

  enum class Shape { text, prefixed_text, json, journal };
  Shape shape_ = Shape::text;
  void send(const Record& record);

  bool is_at_journal_ = false;
  std::optional<Journal> journal_;
  std::uint64_t lost_ = 0;  // lines, since the journal took one
};

}  // namespace procpool::log
