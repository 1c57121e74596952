#include "daemon/log/sink.hpp"

#include <unistd.h>

#include <cerrno>

#include "common/counted.hpp"

namespace procpool::log {
namespace {

LogLevel level_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug: return LogLevel::debug;
    case spdlog::level::info: return LogLevel::info;
    case spdlog::level::warn: return LogLevel::warning;
    default: return LogLevel::error;
  }
}

void write_line(std::string line) {
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

void Sink::begin(LogFormat format, std::string_view journal_stream) {
  is_at_journal_ = leads_to_journal(STDERR_FILENO, journal_stream);
  choose(format);
}

void Sink::choose(LogFormat format) {
  const std::lock_guard<std::mutex> alone(mutex_);
  journal_.reset();
  shape_ = format == LogFormat::json ? Shape::json : Shape::text;
  if (format == LogFormat::json || !is_at_journal_) return;
  shape_ = Shape::prefixed_text;
  if (format == LogFormat::text) return;
  journal_ = Journal::open();
  if (journal_) shape_ = Shape::journal;
}

void Sink::sink_it_(const spdlog::details::log_msg& message) {
  Record record{message.time, level_of(message.level), {}, {}};
  unpack({message.payload.data(), message.payload.size()}, record);
  switch (shape_) {
    case Shape::text: write_line(as_text(record)); break;
    case Shape::json: write_line(as_json(record)); break;
    case Shape::prefixed_text: write_line(as_prefixed_text(record)); break;
    case Shape::journal: send(record); break;
  }
}

void Sink::send(const Record& record) {
  if (lost_ > 0) {
    const std::string count =
        counted(lost_, "line of the log was", "lines of the log were") + " lost: the journal was busy";
    const Record loss{record.time, LogLevel::warning, {}, count};
    if (journal_->send(as_journal_fields(loss)) == Journal::Sent::taken) lost_ = 0;
  }
  switch (journal_->send(as_journal_fields(record))) {
    case Journal::Sent::taken: break;
    case Journal::Sent::busy: ++lost_; break;
    case Journal::Sent::gone: write_line(as_prefixed_text(record)); break;
  }
}

}  // namespace procpool::log
