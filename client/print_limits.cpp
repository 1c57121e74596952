#include "client/print_limits.hpp"

#include "config/units.hpp"

namespace procpool::client {
namespace {

enum class Kind { size, number, text };

struct Member {
  const char* name;
  const char* words;
  Kind kind;
};

constexpr Member members[] = {
    {"memory", "memory", Kind::size},
    {"cpu_seconds", "CPU seconds", Kind::number},
    {"file_size", "file size", Kind::size},
    {"open_files", "open files", Kind::number},
    {"processes", "processes", Kind::number},
    {"nice", "nice", Kind::number},
    {"cpus", "CPUs", Kind::text},
    {"umask", "umask", Kind::text},
};

std::string value_of(Facts& limits, const Member& member) {
  if (member.kind == Kind::text) return limits.text(member.name);
  std::string number = limits.number(member.name);
  if (member.kind == Kind::number || number.empty()) return number;
  return config::size_text(static_cast<std::uint64_t>(limits.count(member.name)));
}

}  // namespace

std::string limits_of(Facts& object) {
  const auto described = object.object("limits");
  if (!described) return "";
  Facts limits(*described);
  std::string text;
  for (const Member& member : members) {
    const std::string value = value_of(limits, member);
    if (value.empty()) continue;
    text += (text.empty() ? "" : ", ") + std::string(member.words) + " " + value;
  }
  return text;
}

}  // namespace procpool::client
