// The words for the enums of this room, each list in one table.

#include <array>
#include <utility>

#include "common/job/control_group.hpp"
#include "common/job/pool_spec.hpp"
#include "common/job/spec.hpp"
#include "common/job/state.hpp"

namespace procpool {
namespace {

template <class Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Names<TaskState, 8> task_states{{
    {TaskState::queued, "queued"},
    {TaskState::running, "running"},
    {TaskState::succeeded, "succeeded"},
    {TaskState::failed, "failed"},
    {TaskState::timed_out, "timed_out"},
    {TaskState::cancelled, "cancelled"},
    {TaskState::lost, "lost"},
    {TaskState::not_launched, "not_launched"},
}};

constexpr Names<Verb, 6> verbs{{
    {Verb::apply, "apply"},
    {Verb::map, "map"},
    {Verb::imap, "imap"},
    {Verb::imap_unordered, "imap_unordered"},
    {Verb::starmap, "starmap"},
    {Verb::run, "run"},
}};

constexpr Names<Format, 3> formats{{
    {Format::values, "values"},
    {Format::records, "records"},
    {Format::raw, "raw"},
}};

constexpr Names<EndCondition, 3> end_conditions{{
    {EndCondition::success, "success"},
    {EndCondition::failure, "failure"},
    {EndCondition::any, "any"},
}};

constexpr Names<IfExists, 2> if_exists_words{{
    {IfExists::refuse, "refuse"},
    {IfExists::get, "get"},
}};

constexpr Names<PoolKind, 4> pool_kinds{{
    {PoolKind::command, "command"},
    {PoolKind::native, "native"},
    {PoolKind::python, "python"},
    {PoolKind::program, "program"},
}};

constexpr Names<ControlGroup, 3> control_groups{{
    {ControlGroup::limits, "limits"},
    {ControlGroup::tracking, "tracking"},
    {ControlGroup::none, "none"},
}};

constexpr Names<HistoryLevel, 3> history_levels{{
    {HistoryLevel::none, "none"},
    {HistoryLevel::jobs, "jobs"},
    {HistoryLevel::results, "results"},
}};

template <class Enum, std::size_t N>
constexpr std::string_view name_in(const Names<Enum, N>& names, Enum wanted) {
  for (const auto& [value, name] : names)
    if (value == wanted) return name;
  return "unknown";
}

template <class Enum, std::size_t N>
constexpr std::optional<Enum> value_in(const Names<Enum, N>& names, std::string_view wanted) {
  for (const auto& [value, name] : names)
    if (name == wanted) return value;
  return std::nullopt;
}

}  // namespace

std::string_view name_of(TaskState state) { return name_in(task_states, state); }
std::optional<TaskState> task_state_named(std::string_view name) { return value_in(task_states, name); }

std::string_view name_of(Verb verb) { return name_in(verbs, verb); }
std::optional<Verb> verb_named(std::string_view name) { return value_in(verbs, name); }

std::string_view name_of(Format format) { return name_in(formats, format); }
std::optional<Format> format_named(std::string_view name) { return value_in(formats, name); }

std::string_view name_of(EndCondition condition) { return name_in(end_conditions, condition); }
std::optional<EndCondition> end_condition_named(std::string_view name) {
  return value_in(end_conditions, name);
}

std::string_view name_of(IfExists what) { return name_in(if_exists_words, what); }
std::optional<IfExists> if_exists_named(std::string_view name) { return value_in(if_exists_words, name); }

std::string_view name_of(PoolKind kind) { return name_in(pool_kinds, kind); }
std::optional<PoolKind> pool_kind_named(std::string_view name) { return value_in(pool_kinds, name); }

std::string_view name_of(ControlGroup rung) { return name_in(control_groups, rung); }

std::string_view name_of(HistoryLevel level) { return name_in(history_levels, level); }
std::optional<HistoryLevel> history_level_named(std::string_view name) {
  return value_in(history_levels, name);
}

}  // namespace procpool
