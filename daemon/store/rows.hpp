#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include "daemon/store/connection.hpp"
#include "daemon/store/crc.hpp"

/// The rows of the tables as plain structs, for those who write them and those who read
/// them: what a row's checksum covers stands here once. Texts are somebody else's: the
/// change's that is written, or the statement's that is read.
namespace procpool::store {

struct SubmissionRow {
  std::int64_t job = 0, uid = 0;
  std::string_view pool;
  std::int64_t queued_at = 0;
  std::optional<std::string_view> unique_key;
  std::optional<std::int64_t> not_before;
  std::optional<std::string_view> after;
  std::string_view spec;

  static constexpr const char* columns =
      "job, uid, pool, queued_at, unique_key, not_before, after, spec, crc";
  template <class Self>
  static auto tie(Self& r) {
    return std::tie(r.job, r.uid, r.pool, r.queued_at, r.unique_key, r.not_before, r.after, r.spec);
  }
};

struct JobRow {
  std::int64_t id = 0, uid = 0;
  std::string_view pool, name;
  std::optional<std::string_view> cancel_reason, state;
  std::optional<std::int64_t> ended_at, bytes;
  std::optional<Blob> summary;

  static constexpr const char* columns =
      "id, uid, pool, name, cancel_reason, state, ended_at, bytes, summary, crc";
  template <class Self>
  static auto tie(Self& r) {
    return std::tie(r.id, r.uid, r.pool, r.name, r.cancel_reason, r.state, r.ended_at, r.bytes, r.summary);
  }
};

struct InputRow {  // followed by `items`
  std::int64_t job = 0, first = 0, count = 0, last = 0, base64 = 0, queued_at = 0, items_crc = 0;

  static constexpr const char* columns = "job, first, count, last, base64, queued_at, items_crc, crc";
  template <class Self>
  static auto tie(Self& r) {
    return std::tie(r.job, r.first, r.count, r.last, r.base64, r.queued_at, r.items_crc);
  }
};

struct EventRow {
  static constexpr std::string_view started = "started", returned = "returned";

  std::int64_t job = 0, seq = 0;
  std::string_view kind;
  std::int64_t first = 0, count = 0, attempt = 0;
  std::optional<std::int64_t> at;
  std::int64_t pid = 0, pid_started = 0;
  std::string_view boot_id;

  static constexpr const char* columns =
      "job, seq, kind, first, count, attempt, at, pid, pid_started, boot_id, crc";
  template <class Self>
  static auto tie(Self& r) {
    return std::tie(r.job, r.seq, r.kind, r.first, r.count, r.attempt, r.at, r.pid, r.pid_started, r.boot_id);
  }
};

struct OutcomeRow {  // followed by `content`
  std::int64_t job = 0, number = 0, first = 0, count = 0;
  std::string_view state;
  std::int64_t attempt = 0, bytes = 0, content_crc = 0;

  static constexpr const char* columns = "job, number, first, count, state, attempt, bytes, content_crc, crc";
  template <class Self>
  static auto tie(Self& r) {
    return std::tie(r.job, r.number, r.first, r.count, r.state, r.attempt, r.bytes, r.content_crc);
  }
};

struct CallbackRow {
  std::int64_t job = 0, each_done = 0, final_done = 0;
  Blob failures;

  static constexpr const char* columns = "job, each_done, final_done, failures, crc";
  template <class Self>
  static auto tie(Self& r) {
    return std::tie(r.job, r.each_done, r.final_done, r.failures);
  }
};

struct DoomedRow {
  std::int64_t job = 0, whole = 0;

  static constexpr const char* columns = "job, whole, crc";
  template <class Self>
  static auto tie(Self& r) {
    return std::tie(r.job, r.whole);
  }
};

struct PoolRow {
  std::string_view name, spec;
  std::int64_t paused = 0, closed = 0, from_settings = 0;

  static constexpr const char* columns = "name, spec, paused, closed, from_settings, crc";
  template <class Self>
  static auto tie(Self& r) {
    return std::tie(r.name, r.spec, r.paused, r.closed, r.from_settings);
  }
};

struct NextJobRow {
  std::int64_t copy = 0, id = 0;

  static constexpr const char* columns = "copy, id, crc";
  template <class Self>
  static auto tie(Self& r) {
    return std::tie(r.copy, r.id);
  }
};

template <class Row>
std::int64_t crc_of(const Row& row) {
  RowCrc crc;
  std::apply([&](const auto&... values) { (crc.add(values), ...); }, Row::tie(row));
  return crc.value();
}

/// Runs `statement` with the values of the row, its checksum, and `more`.
template <class Row, class... More>
Result<void> write_row(Statement& statement, const Row& row, const More&... more) {
  return std::apply([&](const auto&... values) { return statement.execute(values..., crc_of(row), more...); },
                    Row::tie(row));
}

inline void take(const Rows& rows, int column, std::int64_t& value) { value = rows.integer(column); }
inline void take(const Rows& rows, int column, std::string_view& value) { value = rows.bytes(column); }
inline void take(const Rows& rows, int column, Blob& value) { value.bytes = rows.bytes(column); }
template <class Value>
void take(const Rows& rows, int column, std::optional<Value>& value) {
  if (rows.is_null(column)) {
    value.reset();
  } else {
    take(rows, column, value.emplace());
  }
}

/// The row in the columns that Row::columns names, which must come first. Nothing if it
/// is not what was written.
template <class Row>
std::optional<Row> read_row(const Rows& rows) {
  Row row;
  int column = 0;
  std::apply([&](auto&... values) { (take(rows, column++, values), ...); }, Row::tie(row));
  if (crc_of(row) != rows.integer(column)) return std::nullopt;
  return row;
}

/// The column behind those of Row::columns.
template <class Row>
constexpr int behind() {
  return static_cast<int>(std::tuple_size_v<decltype(Row::tie(std::declval<Row&>()))>) + 1;
}

}  // namespace procpool::store
