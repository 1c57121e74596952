#include "common/protocol/worker_message.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "common/json/bytes.hpp"
#include "common/json/object_reader.hpp"
#include "common/json/writer.hpp"
#include "common/protocol/limits_codec.hpp"

namespace procpool::worker_message {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr double long_time = 1e10;                           // [s]; some three hundred years
constexpr double most_measured = 1e15;                       // of seconds and of KiB
constexpr std::int64_t most_passed = std::int64_t{1} << 50;  // [bytes]

void write_error(json::Writer& out, const TaskError& error) {
  out.key("error").begin_object().field("code", error.code).field("message", error.message);
  if (!error.traceback.empty()) out.field("traceback", error.traceback);
  if (!error.errno_name.empty()) out.field("errno", error.errno_name);
  out.end_object();
}

template <class Member>
void write_measures(json::Writer& out, std::string_view name, const std::vector<Measures>& measures,
                    Member member) {
  const auto has = [&](const Measures& m) { return (m.*member).has_value(); };
  if (!std::any_of(measures.begin(), measures.end(), has)) return;
  out.key(name).begin_array();
  for (const Measures& m : measures) out.number((m.*member).value_or(0));
  out.end_array();
}

void write_measures(json::Writer& out, const std::vector<Measures>& measures) {
  write_measures(out, "seconds", measures, &Measures::seconds);
  write_measures(out, "cpu_seconds", measures, &Measures::cpu_seconds);
  write_measures(out, "max_rss_kib", measures, &Measures::max_rss_kib);
}

TaskError read_error(json::ObjectReader& in, std::string_view name) {
  const auto object = in.optional_object(name);
  if (!object) {
    in.reject(name, "is missing");
    return {};
  }
  json::ObjectReader error(*object);
  TaskError result{error.string("code"), error.string("message"), error.string_or_empty("traceback"),
                   error.string_or_empty("errno")};
  in.reject_if_wrong(name, error);
  return result;
}

/// `"seconds":[...]`, or a bare number beside a single task.
std::vector<double> read_numbers(json::ObjectReader& in, std::string_view name, std::size_t count) {
  const auto value = in.optional_view(name);
  if (!value) return {};
  std::vector<json::View> parts;
  if (value->kind() == json::Kind::array) {
    parts = value->elements();
  } else {
    parts.push_back(*value);
  }
  std::vector<double> numbers;
  for (const json::View part : parts) {
    const char* const end = part.text().data() + part.text().size();
    double number = 0;
    const auto [stop, error] = std::from_chars(part.text().data(), end, number);
    if (error != std::errc{} || stop != end || number < 0 || number > most_measured) break;
    numbers.push_back(number);
  }
  if (numbers.size() != count) in.reject(name, "must be one number for each task, none below 0");
  return numbers;
}

std::vector<Measures> read_measures(json::ObjectReader& in, std::size_t count) {
  const auto seconds = read_numbers(in, "seconds", count);
  const auto cpu = read_numbers(in, "cpu_seconds", count);
  const auto rss = read_numbers(in, "max_rss_kib", count);
  if (seconds.empty() && cpu.empty() && rss.empty()) return {};
  std::vector<Measures> measures(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i < seconds.size()) measures[i].seconds = seconds[i];
    if (i < cpu.size()) measures[i].cpu_seconds = cpu[i];
    if (i < rss.size()) measures[i].max_rss_kib = static_cast<std::int64_t>(rss[i]);
  }
  return measures;
}

std::uint64_t read_passed(json::ObjectReader& in) {
  return static_cast<std::uint64_t>(in.optional_int("passed", 0, most_passed).value_or(0));
}

Job read_job(json::View object, json::ObjectReader& outer) {
  json::ObjectReader in(object);
  Job job;
  job.id.number = in.integer("id", 0, most);
  job.command.argv = json::read_bytes_list(in, "argv");
  job.directory = json::read_bytes(in, "directory");
  job.environment = json::read_bytes_list(in, "environment");
  job.command.stdin_path = json::read_bytes(in, "stdin");
  job.command.uses_caller_stdio = in.optional_bool("stdio").value_or(false);
  if (const auto timeout = in.optional_number("timeout", 0, long_time)) job.timeout = Seconds(*timeout);
  job.kill_after = Seconds(in.optional_number("kill_after", 0, long_time).value_or(5));
  job.capture = static_cast<std::uint64_t>(in.integer("capture", 0, most));
  job.limits = protocol::read_optional_limits(in);
  job.pass_outputs = in.optional_bool("pass_outputs").value_or(false);
  if (job.command.argv.empty()) in.reject("argv", "is missing");
  outer.reject_if_wrong("job", in);
  return job;
}

ReceivedBatch read_batch(json::ObjectReader& in, std::int64_t number) {
  ReceivedBatch batch;
  batch.number = number;
  batch.job.number = in.integer("job", 0, most);
  batch.first = static_cast<std::uint64_t>(in.integer("first", 0, most));
  batch.attempt = static_cast<int>(in.optional_int("attempt", 1, 1'000'000).value_or(1));
  batch.function = in.string_or_empty("function");
  auto inputs = in.optional_array("inputs");
  if (!inputs) {
    inputs = in.optional_array("inputs_base64");
    batch.base64 = inputs.has_value();
  }
  if (!inputs) in.reject("inputs", "is missing");
  if (inputs)
    for (const json::View input : inputs->elements()) batch.inputs.emplace_back(input.text());
  batch.star = in.optional_bool("star").value_or(false);
  if (const auto kwargs = in.optional_object("kwargs")) batch.kwargs = kwargs->text();
  batch.measure = in.optional_bool("measure").value_or(false);
  batch.spool = json::read_bytes(in, "spool");
  if (!batch.spool.empty() && batch.spool.front() != '/') in.reject("spool", "is no absolute path");
  return batch;
}

FromWorker read_answer(json::ObjectReader& in, std::int64_t number, bool single) {
  if (const auto dropped = in.optional_int("dropped", 1, most))
    return Dropped{number, static_cast<std::uint64_t>(*dropped)};
  const auto values = single ? std::nullopt : in.optional_array("values");
  const auto state = in.optional_string("state");
  if (values) {
    if (state) in.reject("state", "belongs to a task that did not succeed");
    Succeeded answer{number, values->count(), *values, true, {}};
    answer.measures = read_measures(in, answer.count);
    answer.passed = read_passed(in);
    return answer;
  }
  const std::uint64_t passed = read_passed(in);
  auto measures = read_measures(in, 1);
  const bool is_measured = !measures.empty();
  measures.resize(1);
  const bool failed = in.optional_view("error").has_value();
  const auto value = in.value("value");  // null is a value, too
  if (!failed) {
    if (!single) in.reject("values", "is missing, and so is 'error'");
    if (!value) in.reject("value", "is missing, and so is 'error'");
    if (state) in.reject("state", "belongs to a task that did not succeed");
    Succeeded answer{number, 1, value.value_or(json::known_good("null")), false, {}};
    if (is_measured) answer.measures = std::move(measures);
    return answer;
  }
  // Beside an error a null says that there is no value.
  const bool has_value = value && !value->is_null();
  Ended answer{number,
               TaskState::failed,
               read_error(in, "error"),
               has_value ? value->text() : std::string_view(),
               measures.front(),
               passed};
  if (state) {
    const auto known = task_state_named(*state);
    if (!known || !is_final(*known) || *known == TaskState::succeeded)
      in.reject("state", "is not how a task can end");
    answer.state = known.value_or(TaskState::failed);
  }
  return answer;
}

std::string joined_last(const std::vector<json::View>& values, std::size_t count) {
  std::string text;
  for (std::size_t i = values.size() - count; i < values.size(); ++i) {
    if (!text.empty()) text += ',';
    text += values[i].text();
  }
  return text;
}

template <class Message>
Result<Message> finished(json::ObjectReader& in, Message message) {
  if (auto good = in.finish(); !good) return good.error();
  return message;
}

}  // namespace

Text Succeeded::joined_values() const {
  if (!is_of_batch) return Text(values.slice());
  std::string room;
  if (count > 1 && count == values.count()) return Text(values.joined(room));
  const auto elements = values.elements();
  return count == 1 ? Text(elements.back().slice()) : Text(joined_last(elements, count));
}

std::string encode(const JobOrder& message) {
  const JobSpec& spec = message.spec;
  const Command& command = std::get<Command>(spec.work);
  json::Writer out;
  out.begin_object().key("job").begin_object().field("id", message.id.number);
  json::write_bytes_list(out, "argv", command.argv);
  json::write_bytes(out, "directory", spec.directory);
  json::write_bytes_list(out, "environment", spec.environment);
  if (!command.stdin_path.empty()) json::write_bytes(out, "stdin", command.stdin_path);
  if (command.uses_caller_stdio) out.field("stdio", true);
  if (spec.timeout) out.field("timeout", spec.timeout->count());
  out.field("kill_after", spec.kill_after.count()).field("capture", message.capture);
  protocol::write_optional_limits(out, spec.limits);
  if (message.pass_outputs) out.field("pass_outputs", true);
  return out.end_object().end_object().take();
}

Parts encode(const Batch& message) {
  json::Writer out;
  out.begin_object()
      .field("batch", message.number)
      .field("job", message.job.number)
      .field("first", message.first);
  out.field("attempt", message.attempt);
  if (!message.function.empty()) out.field("function", message.function);
  out.carry_field(message.base64 ? "inputs_base64" : "inputs", message.inputs);
  if (message.star) out.field("star", true);
  if (!message.kwargs.empty()) out.raw_field("kwargs", message.kwargs);
  if (message.measure) out.field("measure", true);
  if (!message.spool.empty()) json::write_bytes(out, "spool", message.spool);
  return out.end_object().take_parts();
}

Parts encode(const Task& message) {
  json::Writer out;
  out.begin_object()
      .field("task", message.number)
      .field("job", message.job.number)
      .field("index", message.index);
  out.field("attempt", message.attempt).field("function", message.function);
  out.key("args");
  if (!message.star) out.begin_array();
  out.carry(message.argument);
  if (!message.star) out.end_array();
  out.raw_field("kwargs", message.kwargs.empty() ? "{}" : message.kwargs);
  return out.end_object().take_parts();
}

std::string encode(const Cancel& message) {
  json::Writer out;
  out.begin_object().field("cancel", message.number).field("signal", message.signal);
  out.field("kill_after", message.kill_after.count()).field("reason", message.reason);
  return out.end_object().take();
}

std::string encode(const Signal& message) {
  json::Writer out;
  return out.begin_object().field("signal", message.number).field("name", message.name).end_object().take();
}

Result<FromDaemon> decode_from_daemon(std::string_view line) {
  const auto checked = json::check(line);
  if (!checked) return checked.error();
  json::ObjectReader in(*checked);
  // First, because a batch has a member "job" too, which is a number there.
  if (const auto number = in.optional_int("batch", 0, most))
    return finished<FromDaemon>(in, read_batch(in, *number));
  if (const auto job = in.optional_object("job")) return finished<FromDaemon>(in, read_job(*job, in));
  if (const auto number = in.optional_int("cancel", 0, most))
    return finished<FromDaemon>(in,
                                Cancel{*number, in.string("signal"),
                                       Seconds(in.optional_number("kill_after", 0, long_time).value_or(5)),
                                       in.optional_string("reason").value_or("cancelled")});
  if (const auto number = in.optional_int("signal", 0, most))
    return finished<FromDaemon>(in, Signal{*number, in.string("name")});
  return Error(ErrorCode::invalid_parameter, "not a message of the daemon");
}

Result<FromWorker> decode_from_worker(std::string_view line) { return decode_from_worker(json::check(line)); }

Result<FromWorker> decode_from_worker(const Result<json::View>& checked) {
  if (!checked) return checked.error();
  json::ObjectReader in(*checked);
  if (const auto number = in.optional_int("batch", 0, most))
    return finished(in, read_answer(in, *number, false));
  if (const auto number = in.optional_int("task", 0, most))
    return finished(in, read_answer(in, *number, true));
  if (const auto ready = in.optional_object("ready")) {
    json::ObjectReader offer(*ready);
    Ready message{
        offer.optional_strings("functions").value_or(std::vector<std::string>{}),
        offer.optional_bool("batches").value_or(false), offer.optional_bool("commands").value_or(false),
        offer.optional_bool("outbox").value_or(false), offer.optional_bool("gives_back").value_or(false)};
    in.reject_if_wrong("ready", offer);
    return finished<FromWorker>(in, std::move(message));
  }
  if (in.optional_object("failed")) return finished<FromWorker>(in, StartFailed{read_error(in, "failed")});
  return Error(ErrorCode::invalid_parameter, "not a message of a worker");
}

std::string encode(const Ready& message) {
  json::Writer out;
  out.begin_object().key("ready").begin_object();
  if (message.commands) out.field("commands", true);
  if (message.batches) out.field("batches", true);
  if (message.outbox) out.field("outbox", true);
  if (message.gives_back) out.field("gives_back", true);
  out.key("functions").begin_array();
  for (const std::string& name : message.functions) out.string(name);
  return out.end_array().end_object().end_object().take();
}

std::string encode(const StartFailed& message) {
  json::Writer out;
  out.begin_object().key("failed").begin_object().field("code", message.error.code);
  out.field("message", message.error.message);
  if (!message.error.traceback.empty()) out.field("traceback", message.error.traceback);
  return out.end_object().end_object().take();
}

std::string encode_succeeded(std::int64_t number, const std::vector<std::string>& values,
                             const std::vector<Measures>& measures, std::uint64_t passed) {
  json::Writer out;
  out.begin_object().field("batch", number).key("values").begin_array();
  for (const std::string& value : values) out.raw(value);
  out.end_array();
  write_measures(out, measures);
  if (passed > 0) out.field("passed", passed);
  return out.end_object().take();
}

std::string encode(const Ended& message) {
  json::Writer out;
  out.begin_object().field("batch", message.number).field("state", name_of(message.state));
  if (!message.value.empty()) out.raw_field("value", message.value);
  write_error(out, message.error);
  write_measures(out, {message.measures});
  if (message.passed > 0) out.field("passed", message.passed);
  return out.end_object().take();
}

std::string encode(const Dropped& message) {
  json::Writer out;
  return out.begin_object()
      .field("batch", message.number)
      .field("dropped", message.count)
      .end_object()
      .take();
}

}  // namespace procpool::worker_message
