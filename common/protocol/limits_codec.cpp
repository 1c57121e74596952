#include "common/protocol/limits_codec.hpp"

#include "common/job/limit_text.hpp"

namespace procpool::protocol {
namespace {

std::optional<std::int64_t> read(json::ObjectReader& in, std::string_view name, LimitRange range) {
  return in.optional_int(name, range.least, range.most);
}

ProcessLimits read_members(json::ObjectReader& in) {
  ProcessLimits limits;
  limits.memory = read(in, "memory", limit_range::memory);
  limits.cpu_seconds = read(in, "cpu_seconds", limit_range::cpu_seconds);
  limits.file_size = read(in, "file_size", limit_range::file_size);
  limits.open_files = read(in, "open_files", limit_range::open_files);
  limits.processes = read(in, "processes", limit_range::processes);
  if (const auto nice = read(in, "nice", limit_range::nice)) limits.nice = static_cast<int>(*nice);
  if (const auto text = in.optional_string("cpus")) {
    auto cpus = parse_cpu_list(*text);
    if (!cpus) in.reject("cpus", "must be " + std::string(cpu_list_wanted));
    if (cpus) limits.cpus = *std::move(cpus);
  }
  if (const auto text = in.optional_string("umask")) {
    limits.umask = parse_umask(*text);
    if (!limits.umask) in.reject("umask", "must be " + std::string(umask_wanted));
  }
  return limits;
}

}  // namespace

void write_limits(json::Writer& out, const ProcessLimits& limits) {
  const auto write = [&](std::string_view name, const auto& value) {
    if (value) out.field(name, *value);
  };
  out.begin_object();
  write("memory", limits.memory);
  write("cpu_seconds", limits.cpu_seconds);
  write("file_size", limits.file_size);
  write("open_files", limits.open_files);
  write("processes", limits.processes);
  write("nice", limits.nice);
  if (!limits.cpus.empty()) out.field("cpus", cpu_list_text(limits.cpus));
  if (limits.umask) out.field("umask", umask_text(*limits.umask));
  out.end_object();
}

void write_optional_limits(json::Writer& out, const ProcessLimits& limits) {
  if (!limits.any()) return;
  out.key("limits");
  write_limits(out, limits);
}

ProcessLimits read_optional_limits(json::ObjectReader& outer) {
  const auto object = outer.optional_object("limits");
  if (!object) return {};
  json::ObjectReader in(*object);
  ProcessLimits limits = read_members(in);
  outer.reject_if_wrong("limits", in);
  return limits;
}

std::string encode_limits(const ProcessLimits& limits) {
  json::Writer out;
  write_limits(out, limits);
  return out.take();
}

Result<ProcessLimits> decode_limits(std::string_view text) {
  const auto checked = json::check(text);
  if (!checked) return checked.error();
  json::ObjectReader in(*checked);
  ProcessLimits limits = read_members(in);
  if (auto good = in.finish(); !good) return good.error();
  return limits;
}

}  // namespace procpool::protocol
