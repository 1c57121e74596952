#include "common/protocol/request_codec.hpp"

#include <array>
#include <limits>
#include <utility>

#include "common/json/object_reader.hpp"
#include "common/json/writer.hpp"
#include "common/overloaded.hpp"
#include "common/protocol/interface.hpp"
#include "common/protocol/spec_codec.hpp"

namespace procpool::protocol {
namespace {

using json::ObjectReader;
using json::Writer;

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr double longest_wait = 1e9;  // [s]
constexpr std::int64_t most_listed = 100'000;

// ---- reading ------------------------------------------------------------------

JobId read_job(ObjectReader& in) { return JobId{in.integer("job", 0, most)}; }

std::vector<JobId> read_jobs(ObjectReader& in) {
  std::vector<JobId> jobs;
  const auto numbers = in.optional_ints("jobs");
  if (!numbers) in.reject("jobs", "is missing");
  if (numbers)
    for (const std::int64_t number : *numbers) jobs.push_back(JobId{number});
  return jobs;
}

std::optional<Seconds> read_seconds(ObjectReader& in, std::string_view name) {
  if (const auto seconds = in.optional_number(name, 0, longest_wait)) return Seconds(*seconds);
  return std::nullopt;
}

request::Inputs read_inputs(ObjectReader& outer, bool required) {
  request::Inputs inputs;
  const auto object = outer.optional_object("inputs");
  if (!object) {
    if (required) outer.reject("inputs", "is missing");
    return inputs;
  }
  ObjectReader in(*object);
  const auto items = in.optional_array("items");
  const auto encoded = in.optional_array("items_base64");
  if (items.has_value() == encoded.has_value())
    in.reject("items", "or 'items_base64' must be there, and not both");
  if (const auto array = items ? items : encoded) {
    inputs.items = Text(array->slice());
    inputs.begins = array->begins_of_elements();
  }
  inputs.base64 = encoded.has_value();
  outer.reject_if_wrong("inputs", in);
  return inputs;
}

request::Order read_order(ObjectReader& in) {
  const auto order = in.optional_string("order").value_or("input");
  if (order != "input" && order != "completion") in.reject("order", "must be 'input' or 'completion'");
  return order == "completion" ? request::Order::completion : request::Order::input;
}

std::optional<TaskState> read_state(ObjectReader& in) {
  const auto word = in.optional_string("state");
  if (!word) return std::nullopt;
  const auto state = task_state_named(*word);
  if (!state) in.reject("state", "is not a state of a task");
  return state;
}

template <class Request>
Request read_named(ObjectReader& in) {
  return Request{in.string("name")};
}

template <class Request>
Request read_nothing(ObjectReader&) {
  return Request{};
}

request::Apply read_apply(ObjectReader& in) {
  request::Apply apply{read_job_spec(in, "spec"), read_inputs(in, true)};
  if (apply.spec.verb != Verb::apply && apply.spec.verb != Verb::run)
    in.reject("spec.verb", "must be apply or run");
  return apply;
}

request::Submit read_submit(ObjectReader& in) {
  return {read_job_spec(in, "spec"), read_inputs(in, false), in.boolean("last")};
}

request::Feed read_feed(ObjectReader& in) {
  return {read_job(in), read_inputs(in, false), in.boolean("last")};
}

request::Get read_get(ObjectReader& in) {
  return {read_job(in), static_cast<std::uint64_t>(in.optional_int("after", 0, most).value_or(0)),
          read_order(in), in.optional_bool("records").value_or(false), read_seconds(in, "wait")};
}

request::ReadOutput read_read_output(ObjectReader& in) {
  request::ReadOutput read{
      read_job(in), static_cast<std::uint64_t>(in.optional_int("index", 0, most).value_or(0)),
      OutputStream::out, static_cast<std::uint64_t>(in.optional_int("after", 0, most).value_or(0)),
      read_seconds(in, "wait")};
  const auto stream = in.optional_string("stream").value_or("stdout");
  if (stream != "stdout" && stream != "stderr") in.reject("stream", "must be 'stdout' or 'stderr'");
  if (stream == "stderr") read.stream = OutputStream::err;
  return read;
}

request::Wait read_wait(ObjectReader& in) {
  return {read_jobs(in), in.optional_bool("any").value_or(false), read_seconds(in, "timeout")};
}

request::ListJobs read_list_jobs(ObjectReader& in) {
  request::ListJobs list{read_state(in),
                         static_cast<std::uint64_t>(in.optional_int("limit", 1, most_listed).value_or(100)),
                         in.string_or_empty("pool"), in.string_or_empty("name"), std::nullopt};
  if (const auto before = in.optional_int("before", 0, most)) list.before = JobId{*before};
  return list;
}

request::ShowJob read_show_job(ObjectReader& in) { return {read_job(in)}; }

request::Cancel read_cancel(ObjectReader& in) {
  return {read_jobs(in), in.optional_string("signal").value_or("TERM"), read_seconds(in, "grace"),
          in.string_or_empty("reason")};
}

request::SendSignal read_send_signal(ObjectReader& in) { return {read_job(in), in.string("signal")}; }

request::Retry read_retry_job(ObjectReader& in) {
  return {read_job(in), in.optional_bool("failed_only").value_or(false)};
}

request::Forget read_forget(ObjectReader& in) { return {read_jobs(in)}; }

request::ListFunctions read_list_functions(ObjectReader& in) { return {in.string_or_empty("pool")}; }

request::CreatePool read_create_pool(ObjectReader& in) { return {read_pool_spec(in, "pool")}; }

request::ResizePool read_resize_pool(ObjectReader& in) {
  return {in.string("name"), static_cast<int>(in.integer("workers", 1, most_workers))};
}

request::JoinPool read_join_pool(ObjectReader& in) {
  return {in.string("name"), read_seconds(in, "timeout")};
}

request::SetLogLevel read_set_log_level(ObjectReader& in) {
  const auto level = log_level_named(in.string("level"));
  if (!level) in.reject("level", "must be 'debug', 'info', 'warning' or 'error'");
  return {level.value_or(LogLevel::info)};
}

request::GetInterfaceDescription read_get_interface_description(ObjectReader& in) {
  return {in.string("interface")};
}

struct Method {
  std::string_view interface;
  std::string_view name;
  request::Any (*read)(ObjectReader&);
};

/// Turns a typed reader into one that gives the variant.
template <auto reader>
request::Any as_any(ObjectReader& in) {
  return reader(in);
}

constexpr std::array methods{
    Method{interface_name, "Apply", as_any<read_apply>},
    Method{interface_name, "Submit", as_any<read_submit>},
    Method{interface_name, "Feed", as_any<read_feed>},
    Method{interface_name, "Get", as_any<read_get>},
    Method{interface_name, "ReadOutput", as_any<read_read_output>},
    Method{interface_name, "Wait", as_any<read_wait>},
    Method{interface_name, "ListJobs", as_any<read_list_jobs>},
    Method{interface_name, "ShowJob", as_any<read_show_job>},
    Method{interface_name, "Cancel", as_any<read_cancel>},
    Method{interface_name, "SendSignal", as_any<read_send_signal>},
    Method{interface_name, "Retry", as_any<read_retry_job>},
    Method{interface_name, "Forget", as_any<read_forget>},
    Method{interface_name, "ListFunctions", as_any<read_list_functions>},
    Method{interface_name, "ListPools", as_any<read_nothing<request::ListPools>>},
    Method{interface_name, "ShowPool", as_any<read_named<request::ShowPool>>},
    Method{interface_name, "CreatePool", as_any<read_create_pool>},
    Method{interface_name, "ResizePool", as_any<read_resize_pool>},
    Method{interface_name, "PausePool", as_any<read_named<request::PausePool>>},
    Method{interface_name, "ResumePool", as_any<read_named<request::ResumePool>>},
    Method{interface_name, "RecyclePool", as_any<read_named<request::RecyclePool>>},
    Method{interface_name, "ClosePool", as_any<read_named<request::ClosePool>>},
    Method{interface_name, "JoinPool", as_any<read_join_pool>},
    Method{interface_name, "TerminatePool", as_any<read_named<request::TerminatePool>>},
    Method{interface_name, "GetStatus", as_any<read_nothing<request::GetStatus>>},
    Method{interface_name, "GetLimits", as_any<read_nothing<request::GetLimits>>},
    Method{interface_name, "Drain", as_any<read_nothing<request::Drain>>},
    Method{interface_name, "Stop", as_any<read_nothing<request::Stop>>},
    Method{interface_name, "Reload", as_any<read_nothing<request::Reload>>},
    Method{interface_name, "GetSettings", as_any<read_nothing<request::GetSettings>>},
    Method{interface_name, "SetLogLevel", as_any<read_set_log_level>},
    Method{service_interface_name, "GetInfo", as_any<read_nothing<request::GetInfo>>},
    Method{service_interface_name, "GetInterfaceDescription", as_any<read_get_interface_description>},
};
static_assert(methods.size() == std::variant_size_v<request::Any>, "a request without a method");

Refusal refuse(std::string_view error, std::string_view member, std::string_view value, bool oneway,
               std::string_view message = "") {
  Writer parameters;
  parameters.begin_object().field(member, value);
  if (!message.empty()) parameters.field("message", message);
  parameters.end_object();
  return {"org.varlink.service." + std::string(error), parameters.take(), oneway};
}

struct Envelope {
  std::string method;
  json::View parameters;
  bool more = false;
  bool oneway = false;
};

DecodedCall decode_method(const Envelope& call) {
  const auto dot = call.method.rfind('.');
  const std::string_view interface =
      std::string_view(call.method).substr(0, dot == std::string::npos ? 0 : dot);
  const std::string_view name = std::string_view(call.method).substr(dot == std::string::npos ? 0 : dot + 1);
  if (interface != interface_name && interface != service_interface_name)
    return refuse("InterfaceNotFound", "interface", interface, call.oneway);
  for (const Method& method : methods) {
    if (method.interface != interface || method.name != name) continue;
    ObjectReader in(call.parameters);
    Call decoded{method.read(in), call.more, call.oneway};
    if (auto good = in.finish(); !good)
      return refuse("InvalidParameter", "parameter", in.field(), call.oneway, good.error().message());
    return decoded;
  }
  return refuse("MethodNotFound", "method", call.method, call.oneway);
}

// ---- writing ------------------------------------------------------------------

void write_inputs(Writer& out, const request::Inputs& inputs) {
  out.key("inputs")
      .begin_object()
      .raw_field(inputs.base64 ? "items_base64" : "items", inputs.items)
      .end_object();
}

void write_jobs(Writer& out, const std::vector<JobId>& jobs) {
  out.key("jobs").begin_array();
  for (const JobId job : jobs) out.number(job.number);
  out.end_array();
}

void write_seconds(Writer& out, std::string_view name, const std::optional<Seconds>& seconds) {
  if (seconds) out.field(name, seconds->count());
}

void write_members(Writer& out, const request::Apply& r) {
  write_job_spec(out.key("spec"), r.spec);
  write_inputs(out, r.inputs);
}

void write_members(Writer& out, const request::Submit& r) {
  write_job_spec(out.key("spec"), r.spec);
  write_inputs(out, r.inputs);
  out.field("last", r.last);
}

void write_members(Writer& out, const request::Feed& r) {
  out.field("job", r.job.number);
  write_inputs(out, r.inputs);
  out.field("last", r.last);
}

void write_members(Writer& out, const request::Get& r) {
  out.field("job", r.job.number).field("after", r.after);
  if (r.order == request::Order::completion) out.field("order", "completion");
  if (r.records) out.field("records", true);
  write_seconds(out, "wait", r.wait);
}

void write_members(Writer& out, const request::ReadOutput& r) {
  out.field("job", r.job.number).field("index", r.index).field("after", r.after);
  if (r.stream == OutputStream::err) out.field("stream", "stderr");
  write_seconds(out, "wait", r.wait);
}

void write_members(Writer& out, const request::Wait& r) {
  write_jobs(out, r.jobs);
  if (r.any) out.field("any", true);
  write_seconds(out, "timeout", r.timeout);
}

void write_members(Writer& out, const request::ListJobs& r) {
  if (r.state) out.field("state", name_of(*r.state));
  out.field("limit", r.limit);
  if (!r.pool.empty()) out.field("pool", r.pool);
  if (!r.name.empty()) out.field("name", r.name);
  if (r.before) out.field("before", r.before->number);
}

void write_members(Writer& out, const request::ShowJob& r) { out.field("job", r.job.number); }

void write_members(Writer& out, const request::Cancel& r) {
  write_jobs(out, r.jobs);
  out.field("signal", r.signal);
  write_seconds(out, "grace", r.grace);
  if (!r.reason.empty()) out.field("reason", r.reason);
}

void write_members(Writer& out, const request::SendSignal& r) {
  out.field("job", r.job.number).field("signal", r.signal);
}

void write_members(Writer& out, const request::Retry& r) {
  out.field("job", r.job.number);
  if (r.failed_only) out.field("failed_only", true);
}

void write_members(Writer& out, const request::Forget& r) { write_jobs(out, r.jobs); }

void write_members(Writer& out, const request::ListFunctions& r) {
  if (!r.pool.empty()) out.field("pool", r.pool);
}

void write_members(Writer& out, const request::CreatePool& r) { write_pool_spec(out.key("pool"), r.pool); }

void write_members(Writer& out, const request::ResizePool& r) {
  out.field("name", r.name).field("workers", r.workers);
}

void write_members(Writer& out, const request::JoinPool& r) {
  out.field("name", r.name);
  write_seconds(out, "timeout", r.timeout);
}

void write_members(Writer& out, const request::SetLogLevel& r) { out.field("level", name_of(r.level)); }

void write_members(Writer& out, const request::GetInterfaceDescription& r) {
  out.field("interface", r.interface);
}

/// Requests with a name only, and those with nothing.
template <class Request>
void write_members(Writer& out, const Request& r) {
  if constexpr (requires { r.name; }) out.field("name", r.name);
}

}  // namespace

DecodedCall decode_call(std::string_view message, int depth) {
  return decode_call(json::check(message, depth));
}

DecodedCall decode_call(const Result<json::View>& checked) {
  if (!checked) return Unreadable{checked.error().message(), checked.error().code() == ErrorCode::too_large};
  ObjectReader in(*checked);
  const std::string method = in.string("method");
  const auto parameters = in.optional_object("parameters");
  const bool more = in.optional_bool("more").value_or(false);
  const bool oneway = in.optional_bool("oneway").value_or(false);
  if (in.optional_bool("upgrade").value_or(false)) in.reject("upgrade", "is not offered");
  if (more && oneway) in.reject("more", "and 'oneway' exclude each other");
  in.allow_vendor_members();
  if (auto good = in.finish(); !good) return Unreadable{good.error().message()};
  static constexpr std::string_view nothing = "{}";
  return decode_method({method, parameters ? *parameters : json::check(nothing).value(), more, oneway});
}

std::string encode_call(const request::Any& request, bool more) {
  const Method& method = methods[request.index()];
  Writer parameters;
  parameters.begin_object();
  std::visit([&](const auto& r) { write_members(parameters, r); }, request);
  parameters.end_object();
  return encode_call(std::string(method.interface) + "." + std::string(method.name), parameters.text(), more);
}

std::string encode_call(std::string_view method, std::string_view parameters, bool more) {
  std::string name(method);
  if (name.find('.') == std::string::npos) name = std::string(interface_name) + "." + name;
  Writer out;
  out.begin_object().field("method", name).raw_field("parameters", parameters);
  if (more) out.field("more", true);
  return out.end_object().take();
}

}  // namespace procpool::protocol
