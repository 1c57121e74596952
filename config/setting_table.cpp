#include "config/setting_table.hpp"

#include <array>
#include <type_traits>

#include "common/job/limit_text.hpp"
#include "common/json/writer.hpp"
#include "config/units.hpp"

namespace procpool::config {
namespace {

constexpr double hour = 3600;
constexpr double day = 24 * hour;
constexpr double kib = 1 << 10;
constexpr double mib = 1 << 20;
constexpr double gib = 1 << 30;
constexpr double tib = 1024 * gib;
constexpr double longest_text = 64 * kib;

constexpr std::array<Setting<Daemon>, 8> daemon_table{{
    {"stop_timeout", &Daemon::stop_timeout, Unit::seconds, 0, 30 * day},
    {"kill_after", &Daemon::kill_after, Unit::seconds, 0, day},
    {"start_attempts", &Daemon::start_attempts, Unit::count, 1, 1e6},
    {"start_delay", &Daemon::start_delay, Unit::seconds, 0, hour},
    {"start_delay_most", &Daemon::start_delay_most, Unit::seconds, 0, day},
    {"start_timeout", &Daemon::start_timeout, Unit::seconds, 0.01, day},
    {"callback_timeout", &Daemon::callback_timeout, Unit::seconds, 0.01, 30 * day},
    {"python", &Daemon::python, Unit::text, 1, 4096},
}};

constexpr std::array<Setting<Log>, 2> log_table{{
    {"level", &Log::level, Unit::log_level},
    {"format", &Log::format, Unit::log_format},
}};

// The kernel's numbers of users and groups.
static_assert(std::is_same_v<uid_t, std::uint32_t> && std::is_same_v<gid_t, std::uint32_t>);

constexpr std::array<Setting<Access>, 3> access_table{{
    {"users", &Access::users, Unit::users},
    {"groups", &Access::groups, Unit::groups},
    {"shared", &Access::shared, Unit::boolean},
}};

constexpr std::array<Setting<Limits>, 18> limit_table{{
    {"message_bytes", &Limits::message_bytes, Unit::bytes, kib, gib},
    {"connections", &Limits::connections, Unit::count, 1, 1e6},
    {"connections_per_user", &Limits::connections_per_user, Unit::count, 1, 1e6},
    {"queued_tasks", &Limits::queued_tasks, Unit::count, 1, 1e12},
    {"queued_bytes", &Limits::queued_bytes, Unit::bytes, kib, tib},
    {"window_tasks", &Limits::window_tasks, Unit::count, 1, 1e9},
    {"window_bytes", &Limits::window_bytes, Unit::bytes, kib, tib},
    {"kept_jobs", &Limits::kept_jobs, Unit::count, 0, 1e9},
    {"kept_bytes", &Limits::kept_bytes, Unit::bytes, 0, tib},
    {"kept_time", &Limits::kept_time, Unit::seconds, 0, 10'000 * day},
    {"history_jobs", &Limits::history_jobs, Unit::count, 0, 1e9},
    {"history_bytes", &Limits::history_bytes, Unit::bytes, 0, tib},
    {"capture_bytes", &Limits::capture_bytes, Unit::bytes, 0, gib},
    {"half_message", &Limits::half_message, Unit::seconds, 0.01, day},
    {"json_depth", &Limits::json_depth, Unit::count, 16, 128},
    {"unsent_bytes", &Limits::unsent_bytes, Unit::bytes, kib, gib},
    {"unsent_time", &Limits::unsent_time, Unit::seconds, 0.01, 365 * day},
    {"disk_free", &Limits::disk_free, Unit::bytes, 0, 1024 * tib},
}};

constexpr std::array<Setting<PoolSpec>, 13> pool_table{{
    {"kind", &PoolSpec::kind, Unit::kind},
    {"workers", &PoolSpec::workers, Unit::count, 1, most_workers},
    {"module", &PoolSpec::module, Unit::module, 1, 4096},
    {"library", &PoolSpec::library, Unit::path, 1, 4096},
    {"argv", &PoolSpec::argv, Unit::command},
    {"initializer", &PoolSpec::initializer, Unit::text, 1, longest_text},
    {"initargs", &PoolSpec::initargs, Unit::json_array},
    {"directory", &PoolSpec::directory, Unit::path, 1, 4096},
    {"environment", &PoolSpec::environment, Unit::environment},
    {"max_tasks_per_child", &PoolSpec::max_tasks_per_child, Unit::count, 1, 1e15},
    {"max_age", &PoolSpec::max_age, Unit::seconds, 0.01, 10'000 * day},
    {"max_memory", &PoolSpec::max_memory_mib, Unit::mebibytes, 1, tib / mib},
    {"history", &PoolSpec::history, Unit::history},
}};

constexpr Setting<ProcessLimits> process_limit(std::string_view name, Setting<ProcessLimits>::Member member,
                                               Unit unit, LimitRange range) {
  return {name, member, unit, static_cast<double>(range.least), static_cast<double>(range.most)};
}

constexpr std::array<Setting<ProcessLimits>, 8> process_limit_table{{
    process_limit("memory", &ProcessLimits::memory, Unit::bytes, limit_range::memory),
    process_limit("cpu_seconds", &ProcessLimits::cpu_seconds, Unit::count, limit_range::cpu_seconds),
    process_limit("file_size", &ProcessLimits::file_size, Unit::bytes, limit_range::file_size),
    process_limit("open_files", &ProcessLimits::open_files, Unit::count, limit_range::open_files),
    process_limit("processes", &ProcessLimits::processes, Unit::count, limit_range::processes),
    process_limit("nice", &ProcessLimits::nice, Unit::count, limit_range::nice),
    {"cpus", &ProcessLimits::cpus, Unit::cpus},
    {"umask", &ProcessLimits::umask, Unit::umask},
}};

std::string quoted(std::string_view text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}

std::optional<std::string> text_of(std::int64_t value, Unit unit) {
  if (unit == Unit::bytes) return quoted(size_text(static_cast<std::uint64_t>(value)));
  if (unit == Unit::mebibytes) return quoted(size_text(static_cast<std::uint64_t>(value) << 20));
  return std::to_string(value);
}

std::optional<std::string> text_of(bool value, Unit) { return value ? "true" : "false"; }

std::optional<std::string> text_of(const std::vector<std::uint32_t>& value, Unit) {
  std::string out = "[";
  for (const std::uint32_t number : value) out += (out.size() > 1 ? ", " : "") + std::to_string(number);
  return out + "]";
}

std::optional<std::string> text_of(int value, Unit unit) {
  return unit == Unit::umask ? quoted(umask_text(value)) : std::to_string(value);
}
std::optional<std::string> text_of(const std::vector<int>& cpus, Unit) {
  if (cpus.empty()) return std::nullopt;
  return quoted(cpu_list_text(cpus));
}
std::optional<std::string> text_of(std::uint64_t value, Unit unit) {
  return text_of(static_cast<std::int64_t>(value), unit);
}
std::optional<std::string> text_of(Seconds value, Unit) { return quoted(duration_text(value)); }
std::optional<std::string> text_of(PoolKind value, Unit) { return quoted(name_of(value)); }
std::optional<std::string> text_of(LogLevel value, Unit) { return quoted(name_of(value)); }
std::optional<std::string> text_of(LogFormat value, Unit) { return quoted(name_of(value)); }
std::optional<std::string> text_of(HistoryLevel value, Unit) { return quoted(name_of(value)); }

std::optional<std::string> text_of(const std::string& value, Unit unit) {
  if (value.empty()) return std::nullopt;
  return unit == Unit::json_array ? value : quoted(value);
}

std::optional<std::string> text_of(const std::vector<std::string>& value, Unit) {
  if (value.empty()) return std::nullopt;
  std::string out;
  for (const std::string& word : value) out += (out.empty() ? "[" : ", ") + quoted(word);
  return out + "]";
}

template <class Value>
std::optional<std::string> text_of(const std::optional<Value>& value, Unit unit) {
  return value ? text_of(*value, unit) : std::nullopt;
}

}  // namespace

std::span<const Setting<Daemon>> daemon_settings() { return daemon_table; }
std::span<const Setting<Log>> log_settings() { return log_table; }
std::span<const Setting<Access>> access_settings() { return access_table; }
std::span<const Setting<Limits>> limit_settings() { return limit_table; }
std::span<const Setting<PoolSpec>> pool_settings() { return pool_table; }
std::span<const Setting<ProcessLimits>> process_limit_settings() { return process_limit_table; }

template <class Section>
std::optional<std::string> value_text(const Setting<Section>& setting, const Section& section) {
  return std::visit([&](auto member) { return text_of(section.*member, setting.unit); }, setting.member);
}

template std::optional<std::string> value_text(const Setting<Daemon>&, const Daemon&);
template std::optional<std::string> value_text(const Setting<Log>&, const Log&);
template std::optional<std::string> value_text(const Setting<Access>&, const Access&);
template std::optional<std::string> value_text(const Setting<Limits>&, const Limits&);
template std::optional<std::string> value_text(const Setting<PoolSpec>&, const PoolSpec&);
template std::optional<std::string> value_text(const Setting<ProcessLimits>&, const ProcessLimits&);

}  // namespace procpool::config
