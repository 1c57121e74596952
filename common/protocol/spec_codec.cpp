#include "common/protocol/spec_codec.hpp"

#include <limits>

#include "common/json/bytes.hpp"
#include "common/protocol/limits_codec.hpp"
#include "common/protocol/start_codec.hpp"

namespace procpool::protocol {
namespace {

constexpr double longest = 1e9;  // [s]; some thirty years
constexpr int most_priority = 1'000'000;
constexpr std::int64_t most_chunksize = 1'000'000;
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

void write_optional(json::Writer& out, std::string_view name, const std::string& text) {
  if (!text.empty()) out.field(name, text);
}

void write_optional(json::Writer& out, std::string_view name, const std::optional<Seconds>& seconds) {
  if (seconds) out.field(name, seconds->count());
}

std::optional<Seconds> read_seconds(json::ObjectReader& in, std::string_view name) {
  if (const auto seconds = in.optional_number(name, 0, longest)) return Seconds(*seconds);
  return std::nullopt;
}

/// A word out of a closed list.
template <class Enum>
Enum read_word(json::ObjectReader& in, std::string_view name, std::optional<Enum> (*named)(std::string_view),
               std::optional<Enum> otherwise) {
  const auto word = in.optional_string(name);
  if (!word) {
    if (!otherwise) in.reject(name, "is missing");
    return otherwise.value_or(Enum{});
  }
  const auto value = named(*word);
  if (!value) in.reject(name, "is not one of the words that can stand here");
  return value.value_or(Enum{});
}

std::optional<HaltRule> read_halt(json::ObjectReader& in) {
  const auto text = in.optional_string("halt");
  if (!text) return std::nullopt;
  const auto rule = parse_halt_rule(*text);
  if (rule) return *rule;
  in.reject("halt", rule.error().message());
  return std::nullopt;
}

/// What becomes an argument, a path or a variable of a process cannot hold a NUL, and
/// other clients cannot read a reply that has one in a name.
void refuse_nul(json::ObjectReader& in, std::string_view name, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) in.reject(name, "holds a NUL");
}

void refuse_nul(json::ObjectReader& in, std::string_view name, const std::vector<std::string>& list) {
  for (const std::string& text : list) refuse_nul(in, name, text);
}

void read_work(json::ObjectReader& in, JobSpec& spec) {
  auto function = in.optional_string("function");
  const auto kwargs = in.optional_object("kwargs");
  Command command{json::read_bytes_list(in, "argv"), json::read_bytes(in, "stdin"), spec.verb == Verb::run};
  if (function && !command.argv.empty()) in.reject("function", "and 'argv' exclude each other");
  if (function) {
    if (spec.verb == Verb::run) in.reject("function", "cannot be run: run takes a command");
    if (function->empty()) in.reject("function", "is empty");
    refuse_nul(in, "function", *function);
    spec.work = FunctionCall{*std::move(function), kwargs ? std::string(kwargs->text()) : std::string()};
    return;
  }
  if (command.argv.empty()) in.reject("function", "is missing, and so is 'argv'");
  if (spec.verb == Verb::starmap) in.reject("verb", "starmap takes a function, not a command");
  if (kwargs) in.reject("kwargs", "belongs to a function, not to a command");
  refuse_nul(in, "argv", command.argv);
  refuse_nul(in, "stdin", command.stdin_path);
  spec.work = std::move(command);
}

}  // namespace

void write_job_spec(json::Writer& out, const JobSpec& spec, Environment environment) {
  out.begin_object().field("verb", name_of(spec.verb));
  if (const auto* command = std::get_if<Command>(&spec.work)) {
    json::write_bytes_list(out, "argv", command->argv);
    if (!command->stdin_path.empty()) json::write_bytes(out, "stdin", command->stdin_path);
  } else {
    const auto& call = std::get<FunctionCall>(spec.work);
    out.field("function", call.name);
    if (!call.kwargs.empty()) out.raw_field("kwargs", call.kwargs);
  }
  write_optional(out, "name", spec.name);
  write_optional(out, "pool", spec.pool);
  if (!spec.directory.empty()) json::write_bytes(out, "directory", spec.directory);
  if (environment == Environment::written && !spec.environment.empty())
    json::write_bytes_list(out, "environment", spec.environment);
  if (spec.priority != 0) out.field("priority", spec.priority);
  if (spec.chunksize) out.field("chunksize", std::int64_t{*spec.chunksize});
  write_optional(out, "timeout", spec.timeout);
  out.field("kill_after", spec.kill_after.count());
  if (!spec.attached) out.field("keep", true);
  if (spec.format != Format::values) out.field("format", name_of(spec.format));
  if (spec.pass_outputs) out.field("pass_outputs", true);
  write_optional(out, "on_success", spec.callbacks.on_success);
  write_optional(out, "on_error", spec.callbacks.on_error);
  write_optional(out, "on_each", spec.callbacks.on_each);
  write_optional_limits(out, spec.limits);
  write_retry(out, spec.retry);
  if (spec.halt) out.field("halt", text_of(*spec.halt));
  write_start(out, spec.start);
  write_unique(out, spec.unique);
  out.end_object();
}

JobSpec read_job_spec(json::ObjectReader& outer, std::string_view name) {
  JobSpec spec;
  const auto object = outer.optional_object(name);
  if (!object) {
    outer.reject(name, "is missing");
    return spec;
  }
  json::ObjectReader in(*object);
  spec.verb = read_word<Verb>(in, "verb", verb_named, std::nullopt);
  read_work(in, spec);
  spec.name = in.string_or_empty("name");
  spec.pool = in.string_or_empty("pool");
  spec.directory = json::read_bytes(in, "directory");
  spec.environment = json::read_bytes_list(in, "environment");
  spec.priority = static_cast<int>(in.optional_int("priority", -most_priority, most_priority).value_or(0));
  if (const auto chunksize = in.optional_int("chunksize", 1, most_chunksize))
    spec.chunksize = static_cast<std::uint32_t>(*chunksize);
  spec.timeout = read_seconds(in, "timeout");
  spec.kill_after = read_seconds(in, "kill_after").value_or(Seconds(5));
  spec.attached = !in.optional_bool("keep").value_or(false);
  spec.format = read_word<Format>(in, "format", format_named, Format::values);
  spec.pass_outputs = in.optional_bool("pass_outputs").value_or(false);
  spec.callbacks = {in.string_or_empty("on_success"), in.string_or_empty("on_error"),
                    in.string_or_empty("on_each")};
  spec.limits = read_optional_limits(in);
  spec.retry = read_retry(in);
  spec.halt = read_halt(in);
  spec.start = read_start(in);
  spec.unique = read_unique(in);
  if (spec.unique.if_exists == IfExists::get && spec.attached)
    in.reject("if_exists", "can be 'get' for a job with 'keep' only: another's results cannot be attached");
  if (spec.limits.any() && !spec.is_command())
    in.reject("limits", "are those of commands: a function has the limits of its pool");
  if (!spec.directory.empty() && spec.directory.front() != '/') in.reject("directory", "must be absolute");
  if (spec.verb == Verb::run && !spec.attached)
    in.reject("keep", "cannot be: run uses its caller's terminal");
  if (spec.pass_outputs && (!spec.is_command() || !spec.attached || spec.verb == Verb::run))
    in.reject("pass_outputs", "is for commands without 'keep', and not for run");
  refuse_nul(in, "name", spec.name);
  refuse_nul(in, "pool", spec.pool);
  refuse_nul(in, "directory", spec.directory);
  refuse_nul(in, "environment", spec.environment);
  refuse_nul(in, "on_success", spec.callbacks.on_success);
  refuse_nul(in, "on_error", spec.callbacks.on_error);
  refuse_nul(in, "on_each", spec.callbacks.on_each);
  outer.reject_if_wrong(name, in);
  return spec;
}

void write_pool_spec(json::Writer& out, const PoolSpec& spec) {
  out.begin_object()
      .field("name", spec.name)
      .field("kind", name_of(spec.kind))
      .field("workers", spec.workers);
  write_optional(out, "module", spec.module);
  write_optional(out, "library", spec.library);
  if (!spec.argv.empty()) json::write_bytes_list(out, "argv", spec.argv);
  write_optional(out, "initializer", spec.initializer);
  if (!spec.initargs.empty())
    out.key("initargs").begin_object().raw_field("items", spec.initargs).end_object();
  write_optional(out, "directory", spec.directory);
  if (!spec.environment.empty()) json::write_bytes_list(out, "environment", spec.environment);
  if (spec.max_tasks_per_child) out.field("max_tasks_per_child", *spec.max_tasks_per_child);
  write_optional(out, "max_age", spec.max_age);
  if (spec.max_memory_mib) out.field("max_memory_mib", *spec.max_memory_mib);
  if (spec.history) out.field("history", name_of(*spec.history));
  write_optional_limits(out, spec.limits);
  out.end_object();
}

PoolSpec read_pool_spec(json::ObjectReader& outer, std::string_view name) {
  PoolSpec spec;
  const auto object = outer.optional_object(name);
  if (!object) {
    outer.reject(name, "is missing");
    return spec;
  }
  json::ObjectReader in(*object);
  spec.name = in.string("name");
  spec.kind = read_word<PoolKind>(in, "kind", pool_kind_named, std::nullopt);
  spec.workers = static_cast<int>(in.integer("workers", 1, most_workers));
  spec.module = in.string_or_empty("module");
  spec.library = in.string_or_empty("library");
  spec.argv = json::read_bytes_list(in, "argv");
  spec.initializer = in.string_or_empty("initializer");
  if (const auto initargs = in.optional_object("initargs")) {
    json::ObjectReader arguments(*initargs);
    if (const auto items = arguments.optional_array("items")) spec.initargs = items->text();
    in.reject_if_wrong("initargs", arguments);
  }
  spec.directory = in.string_or_empty("directory");
  spec.environment = json::read_bytes_list(in, "environment");
  spec.max_tasks_per_child = in.optional_int("max_tasks_per_child", 1, most);
  spec.max_age = read_seconds(in, "max_age");
  spec.max_memory_mib = in.optional_int("max_memory_mib", 1, most >> 20);
  if (const auto level = in.optional_string("history")) {
    spec.history = history_level_named(*level);
    if (!spec.history) in.reject("history", "is not none, jobs or results");
  }
  spec.limits = read_optional_limits(in);
  refuse_nul(in, "module", spec.module);
  refuse_nul(in, "library", spec.library);
  refuse_nul(in, "argv", spec.argv);
  refuse_nul(in, "initializer", spec.initializer);
  refuse_nul(in, "directory", spec.directory);
  refuse_nul(in, "environment", spec.environment);
  outer.reject_if_wrong(name, in);
  if (auto good = check_pool_spec(spec); !good) outer.reject(name, "is wrong: " + good.error().message());
  return spec;
}

namespace {

/// The reader knows members of objects only.
template <class Spec>
std::optional<Spec> spec_in(std::string_view json, Spec (*read)(json::ObjectReader&, std::string_view)) {
  const std::string wrapped = "{\"spec\":" + std::string(json) + "}";
  const auto checked = json::check(wrapped);
  if (!checked) return std::nullopt;
  json::ObjectReader in(*checked);
  Spec spec = read(in, "spec");
  return in.finish() ? std::optional(std::move(spec)) : std::nullopt;
}

}  // namespace

std::string to_json(const JobSpec& spec, Environment environment) {
  json::Writer out;
  write_job_spec(out, spec, environment);
  return out.take();
}

std::string to_json(const PoolSpec& spec) {
  json::Writer out;
  write_pool_spec(out, spec);
  return out.take();
}

std::optional<JobSpec> job_spec_in(std::string_view json) { return spec_in<JobSpec>(json, read_job_spec); }

std::optional<PoolSpec> pool_spec_in(std::string_view json) {
  return spec_in<PoolSpec>(json, read_pool_spec);
}

}  // namespace procpool::protocol
