#include "common/protocol/reply_codec.hpp"
#include "common/protocol/limits_codec.hpp"

#include "common/json/writer.hpp"
#include "common/overloaded.hpp"
#include "common/protocol/interface.hpp"
#include "common/protocol/start_codec.hpp"
#include "common/protocol/time_text.hpp"

namespace procpool::protocol {
namespace {

using json::Writer;

template <class Value>
void write_optional(Writer& out, std::string_view name, const std::optional<Value>& value) {
  if (value) out.field(name, *value);
}

void write_optional(Writer& out, std::string_view name, const std::string& text) {
  if (!text.empty()) out.field(name, text);
}

void write_time(Writer& out, std::string_view name, const std::optional<WallTime>& time) {
  if (time) out.field(name, to_rfc3339(*time));
}

void write_strings(Writer& out, std::string_view name, const std::vector<std::string>& strings) {
  out.key(name).begin_array();
  for (const std::string& s : strings) out.string(s);
  out.end_array();
}

void write_counts(Writer& out, reply::TaskCounts counts) {
  out.key("tasks").begin_object();
  for (const TaskState state : all_task_states) out.field(name_of(state), counts.of(state));
  out.end_object();
}

void write_error(Writer& out, const TaskError& error) {
  out.key("error").begin_object().field("code", error.code).field("message", error.message);
  write_optional(out, "traceback", error.traceback);
  write_optional(out, "errno", error.errno_name);
  out.end_object();
}

void write(Writer& out, const Record& record) {
  out.begin_object()
      .field("job", record.job.number)
      .field("index", record.index)
      .field("state", name_of(record.state));
  if (!record.input.empty())
    out.carry_field(record.input_is_base64 ? "input_base64" : "input", record.input.slice());
  if (!record.value.empty()) out.carry_field("value", record.value.slice());
  if (record.error) write_error(out, *record.error);
  out.field("attempt", record.attempt);
  if (record.worker != 0) out.field("worker", record.worker);
  out.field("queued_at", to_rfc3339(record.queued_at));
  write_time(out, "started_at", record.started_at);
  write_optional(out, "seconds", record.measures.seconds);
  write_optional(out, "cpu_seconds", record.measures.cpu_seconds);
  write_optional(out, "max_rss_kib", record.measures.max_rss_kib);
  if (record.control_group) out.field("control_group", name_of(*record.control_group));
  out.end_object();
}

void write(Writer& out, const reply::Job& job) {
  out.begin_object()
      .field("id", job.id.number)
      .field("verb", name_of(job.verb))
      .field("state", name_of(job.state));
  write_optional(out, "name", job.name);
  out.field("pool", job.pool);
  write_optional(out, "function", job.function);
  if (!job.argv.empty()) write_strings(out, "argv", job.argv);
  out.field("format", name_of(job.format))
      .field("attached", job.attached)
      .field("uid", std::int64_t{job.uid});
  out.field("priority", job.priority);
  write_optional_limits(out, job.limits);
  write_counts(out, job.tasks);
  out.field("inputs_complete", job.inputs_complete).field("queued_at", to_rfc3339(job.queued_at));
  write_time(out, "started_at", job.started_at);
  write_time(out, "ended_at", job.ended_at);
  write_optional(out, "reason", job.reason);
  if (job.retries > 0) out.field("retries", job.retries);
  if (job.halt) out.field("halt", text_of(*job.halt));
  write_dependencies(out, job.after);
  write_time(out, "not_before", job.not_before);
  write_optional(out, "unique", job.unique);
  write_optional(out, "waits_for", job.waits_for);
  out.key("callback_failures").begin_array();
  for (const auto& failure : job.callback_failures) {
    out.begin_object().field("event", failure.event);
    write_optional(out, "index", failure.index);
    out.field("reason", failure.reason).end_object();
  }
  out.end_array().end_object();
}

void write(Writer& out, const reply::Worker& worker) {
  out.begin_object().field("slot", worker.slot);
  write_optional(out, "pid", worker.pid);
  out.field("state", name_of(worker.state)).field("tasks", worker.tasks);
  write_optional(out, "seconds", worker.seconds);
  if (worker.job) out.field("job", worker.job->number);
  out.end_object();
}

void write(Writer& out, const reply::Pool& pool) {
  out.begin_object()
      .field("name", pool.name)
      .field("kind", name_of(pool.kind))
      .field("state", name_of(pool.state));
  out.field("size", pool.size).field("history", name_of(pool.history));
  write_optional_limits(out, pool.limits);
  out.key("workers").begin_array();
  for (const reply::Worker& worker : pool.workers) write(out, worker);
  out.end_array().field("queued", pool.queued).field("running", pool.running).field("jobs", pool.jobs);
  write_strings(out, "functions", pool.functions);
  write_optional(out, "reason", pool.reason);
  out.field("started", pool.started).field("lost", pool.lost);
  write_counts(out, pool.tasks);
  out.end_object();
}

void write(Writer& out, const reply::Function& function) {
  out.begin_object().field("name", function.name);
  write_strings(out, "pools", function.pools);
  out.end_object();
}

void write(Writer& out, const reply::Limit& limit) {
  out.begin_object().field("name", limit.name).field("limit", limit.limit);
  write_optional(out, "used", limit.used);
  write_optional(out, "refused", limit.refused);
  out.end_object();
}

void write(Writer& out, const reply::Disk& disk) {
  out.begin_object().field("directory", disk.directory).field("state", name_of(disk.state));
  write_optional(out, "reason", disk.reason);
  write_optional(out, "free_bytes", disk.free_bytes);
  write_optional(out, "kept_bytes", disk.kept_bytes);
  out.field("unwritten_bytes", disk.unwritten_bytes).end_object();
}

void write(Writer& out, const reply::WaitingJob& waiting) {
  out.begin_object().field("job", waiting.job.number);
  write_optional(out, "name", waiting.name);
  out.field("pool", waiting.pool).field("queued_at", to_rfc3339(waiting.queued_at));
  write_optional(out, "waits_for", waiting.waits_for);
  out.end_object();
}

void write(Writer& out, const reply::Status& status) {
  out.begin_object().field("version", status.version).field("pid", status.pid).field("state", status.state);
  out.field("socket", status.socket)
      .field("uptime_seconds", status.uptime_seconds)
      .field("pools", status.pools);
  out.field("workers", status.workers).field("jobs", status.jobs).field("tasks_queued", status.tasks_queued);
  out.field("tasks_running", status.tasks_running).field("connections", status.connections);
  out.key("limits").begin_array();
  for (const reply::Limit& limit : status.limits) write(out, limit);
  write(out.end_array().key("disk"), status.disk);
  out.field("control_group", name_of(status.control_group));
  write_optional(out, "control_group_reason", status.control_group_reason);
  write_strings(out, "broken_pools", status.broken_pools);
  if (status.oldest_waiting) write(out.key("oldest_waiting"), *status.oldest_waiting);
  if (status.last_error)
    out.key("last_error")
        .begin_object()
        .field("at", to_rfc3339(status.last_error->at))
        .field("message", status.last_error->message)
        .end_object();
  write_optional(out, "lingering", status.lingering);
  out.end_object();
}

void write(Writer& out, const reply::Settings& all) {
  out.begin_object();
  write_strings(out, "files", all.files);
  out.key("settings").begin_array();
  for (const reply::Setting& setting : all.settings) {
    out.begin_object().field("name", setting.name);
    write_optional(out, "value", setting.value);
    out.field("origin", setting.origin);
    write_optional(out, "where", setting.where);
    write_optional(out, "after_restart", setting.after_restart);
    out.end_object();
  }
  out.end_array().end_object();
}

void write(Writer& out, const reply::Piece& piece) {
  out.begin_object();
  std::visit(
      Overloaded{[&](const reply::Values& values) {
                   out.field("first", values.first).key("values").begin_object().key("items").begin_array();
                   if (!values.items.empty()) out.carry(values.items.slice());
                   out.end_array().end_object();
                 },
                 [&](const Record& record) {
                   out.field("first", record.index).key("record");
                   write(out, record);
                 }},
      piece);
  out.end_object();
}

void write(Writer& out, const reply::Results& results) {
  out.begin_object().key("pieces").begin_array();
  for (const reply::Piece& piece : results.pieces) write(out, piece);
  out.end_array().field("cursor", results.cursor).field("done", results.result.has_value());
  if (results.result) write(out.key("result"), *results.result);
  out.end_object();
}

template <class Thing>
std::string written(const Thing& thing) {
  Writer out;
  write(out, thing);
  return out.take();
}

}  // namespace

std::string encode_reply(std::string parameters, bool continues) {
  return encode_reply(Parts(std::move(parameters)), continues).text;
}

Parts encode_reply(Parts parameters, bool continues) {
  parameters.prepend("{\"parameters\":");
  parameters.text += continues ? ",\"continues\":true}" : "}";
  return parameters;
}

std::string encode_error(std::string_view full_name, std::string_view parameters) {
  Writer out;
  return out.begin_object().field("error", full_name).raw_field("parameters", parameters).end_object().take();
}

std::string encode_error(const Error& error) {
  Writer parameters;
  parameters.begin_object();
  std::string name = std::string(interface_name) + "." + std::string(name_of(error.code()));
  if (error.code() == ErrorCode::invalid_parameter) {
    name = "org.varlink.service.InvalidParameter";
    parameters.field("parameter", "");
  }
  parameters.field("message", error.message());
  if (error.job()) parameters.field("job", error.job()->number);
  parameters.end_object();
  return encode_error(name, parameters.text());
}

void write_record(Writer& out, const Record& record) { write(out, record); }

std::string to_json(const Record& record) { return written(record); }
std::string to_json(const reply::Job& job) { return written(job); }
std::string to_json(const reply::Pool& pool) { return written(pool); }
std::string to_json(const reply::Function& function) { return written(function); }
std::string to_json(const reply::Limit& limit) { return written(limit); }
std::string to_json(const reply::Status& status) { return written(status); }
std::string to_json(const reply::Settings& settings) { return written(settings); }

Parts to_json(const reply::Results& results) {
  Writer out;
  write(out, results);
  return out.take_parts();
}

}  // namespace procpool::protocol
