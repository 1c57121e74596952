#include "daemon/store/packed.hpp"

#include <bit>

namespace procpool::store {
namespace {

class Packer {
 public:
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  void integer(std::int64_t value) { number(static_cast<std::uint64_t>(value)); }
  void real(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (int shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>(bits >> shift);
  }
  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what a Packer wrote. After something that cannot be it only gives nothing.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    return wrong();
  }
  std::int64_t integer() { return static_cast<std::int64_t>(number()); }
  double real() {
    if (rest_.size() < 8) return static_cast<double>(wrong());
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i)
      bits |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    rest_.remove_prefix(8);
    return std::bit_cast<double>(bits);
  }
  std::string text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) wrong();
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(text.size());
    return text;
  }
  /// How many things follow; each takes a byte at least.
  std::uint64_t count() {
    const std::uint64_t count = number();
    return count <= rest_.size() ? count : wrong();
  }
  bool good_to_the_end() const { return good_ && rest_.empty(); }

 private:
  std::uint64_t wrong() {
    good_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

// Which of the optional things are there.
constexpr std::uint64_t has_error = 1, has_start = 2, inputs_base64 = 4;
// Above these bits: 1 and the rung of the control group, 0 if that is not known.
constexpr int group_shift = 3;
constexpr std::uint64_t has_seconds = 1, has_cpu_seconds = 2, has_max_rss = 4;

void pack_measures(Packer& out, const Measures& measures) {
  out.number((measures.seconds ? has_seconds : 0) | (measures.cpu_seconds ? has_cpu_seconds : 0) |
             (measures.max_rss_kib ? has_max_rss : 0));
  if (measures.seconds) out.real(*measures.seconds);
  if (measures.cpu_seconds) out.real(*measures.cpu_seconds);
  if (measures.max_rss_kib) out.integer(*measures.max_rss_kib);
}

Measures unpack_measures(Unpacker& in) {
  Measures measures;
  const std::uint64_t what = in.number();
  if ((what & has_seconds) != 0) measures.seconds = in.real();
  if ((what & has_cpu_seconds) != 0) measures.cpu_seconds = in.real();
  if ((what & has_max_rss) != 0) measures.max_rss_kib = in.integer();
  return measures;
}

void pack_failures(Packer& out, const std::vector<reply::CallbackFailure>& failures) {
  out.number(failures.size());
  for (const reply::CallbackFailure& failure : failures) {
    out.text(failure.event);
    out.number(failure.index ? *failure.index + 1 : 0);
    out.text(failure.reason);
  }
}

std::vector<reply::CallbackFailure> unpack_failures(Unpacker& in) {
  std::vector<reply::CallbackFailure> failures(in.count());
  for (reply::CallbackFailure& failure : failures) {
    failure.event = in.text();
    if (const std::uint64_t index = in.number(); index > 0) failure.index = index - 1;
    failure.reason = in.text();
  }
  return failures;
}

constexpr TaskState every_state[] = {TaskState::queued, TaskState::running,     TaskState::succeeded,
                                     TaskState::failed, TaskState::timed_out,   TaskState::cancelled,
                                     TaskState::lost,   TaskState::not_launched};

}  // namespace

std::int64_t to_column(WallTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

std::optional<std::int64_t> to_column(const std::optional<WallTime>& time) {
  return time ? std::optional(to_column(*time)) : std::nullopt;
}

WallTime to_wall_time(std::int64_t column) {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(std::chrono::nanoseconds(column)));
}

std::optional<WallTime> to_wall_time(const std::optional<std::int64_t>& column) {
  return column ? std::optional(to_wall_time(*column)) : std::nullopt;
}

std::string pack_outcome(const Outcome& outcome) {
  Packer out;
  const std::uint64_t group =
      outcome.control_group ? 1 + static_cast<std::uint64_t>(*outcome.control_group) : 0;
  out.number((outcome.error ? has_error : 0) | (outcome.started_at ? has_start : 0) |
             (outcome.inputs_are_base64 ? inputs_base64 : 0) | group << group_shift);
  out.integer(outcome.worker);
  out.integer(to_column(outcome.queued_at));
  if (outcome.started_at) out.integer(to_column(*outcome.started_at));
  if (outcome.error)
    for (const std::string* text : {&outcome.error->code, &outcome.error->message, &outcome.error->traceback,
                                    &outcome.error->errno_name})
      out.text(*text);
  out.number(outcome.measures.size());
  for (const Measures& measures : outcome.measures) pack_measures(out, measures);
  out.text(outcome.inputs);
  out.text(outcome.values);
  return out.take();
}

bool unpack_outcome(std::string_view bytes, Outcome& outcome) {
  Unpacker in(bytes);
  const std::uint64_t what = in.number();
  outcome.inputs_are_base64 = (what & inputs_base64) != 0;
  const std::uint64_t group = what >> group_shift;
  if (group > 1 + static_cast<std::uint64_t>(ControlGroup::none)) return false;
  if (group > 0) outcome.control_group = static_cast<ControlGroup>(group - 1);
  outcome.worker = static_cast<pid_t>(in.integer());
  outcome.queued_at = to_wall_time(in.integer());
  if ((what & has_start) != 0) outcome.started_at = to_wall_time(in.integer());
  if ((what & has_error) != 0) {
    TaskError& error = outcome.error.emplace();
    for (std::string* text : {&error.code, &error.message, &error.traceback, &error.errno_name})
      *text = in.text();
  }
  outcome.measures.resize(in.count());
  for (Measures& measures : outcome.measures) measures = unpack_measures(in);
  outcome.inputs = in.text();
  outcome.values = in.text();
  return in.good_to_the_end();
}

std::string pack_failures(const std::vector<reply::CallbackFailure>& failures) {
  Packer out;
  pack_failures(out, failures);
  return out.take();
}

std::optional<std::vector<reply::CallbackFailure>> unpack_failures(std::string_view bytes) {
  Unpacker in(bytes);
  auto failures = unpack_failures(in);
  if (!in.good_to_the_end()) return std::nullopt;
  return failures;
}

std::string pack_summary(const Summary& summary) {
  Packer out;
  out.number(summary.started_at ? has_start : 0);
  if (summary.started_at) out.integer(to_column(*summary.started_at));
  reply::TaskCounts tasks = summary.tasks;
  for (const TaskState state : every_state) out.number(tasks.of(state));
  pack_failures(out, summary.callback_failures);
  return out.take();
}

std::optional<Summary> unpack_summary(std::string_view bytes) {
  Unpacker in(bytes);
  Summary summary;
  if ((in.number() & has_start) != 0) summary.started_at = to_wall_time(in.integer());
  for (const TaskState state : every_state) summary.tasks.of(state) = in.number();
  summary.callback_failures = unpack_failures(in);
  if (!in.good_to_the_end()) return std::nullopt;
  return summary;
}

}  // namespace procpool::store
