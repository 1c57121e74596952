#include "common/job/pool_spec.hpp"

#include <algorithm>

namespace procpool {
namespace {

constexpr std::size_t longest_name = 64;
constexpr Seconds shortest_max_age{0.01};  // as in the settings

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

Error wrong(const std::string& message) { return {ErrorCode::invalid_parameter, message}; }

}  // namespace

Result<void> check_pool_spec(const PoolSpec& spec) {
  if (spec.name.empty() || spec.name.size() > longest_name ||
      !std::all_of(spec.name.begin(), spec.name.end(), is_name_character))
    return wrong("the name of a pool has 1 to 64 letters, digits, '.', '_' or '-'");
  const std::string pool = "pool '" + spec.name + "' ";
  if (spec.workers < 1 || spec.workers > most_workers)
    return wrong(pool + "must have from 1 to " + std::to_string(most_workers) + " workers");
  if (spec.max_age && *spec.max_age < shortest_max_age)
    return wrong(pool + "must let its workers live for at least 0.01 seconds");
  const bool is_python = spec.kind == PoolKind::python;
  const bool is_native = spec.kind == PoolKind::native;
  const bool is_program = spec.kind == PoolKind::program;
  if (is_python != !spec.module.empty())
    return wrong(pool + (is_python ? "needs a module" : "is not of the kind python, so it has no module"));
  if (is_native != !spec.library.empty())
    return wrong(pool + (is_native ? "needs a library" : "is not of the kind native, so it has no library"));
  if (is_program != !spec.argv.empty())
    return wrong(pool + (is_program ? "needs the worker's command line"
                                    : "is not of the kind program, so it has no command line"));
  if (is_program && !spec.initializer.empty())
    return wrong(pool + "has an initializer, but a program prepares itself before it says that it is ready");
  if (!spec.initargs.empty() && spec.initializer.empty())
    return wrong(pool + "has arguments for an initializer, but none");
  if (spec.kind == PoolKind::command && !spec.initargs.empty())
    return wrong(pool + "has a shell command as initializer, which takes no arguments");
  return {};
}

Error pool_is_broken(const std::string& name, const std::string& why) {
  return {ErrorCode::pool_broken,
          "pool '" + name + "' is broken: " + why + "; mend that, then 'procpool pool recycle " + name + "'"};
}

}  // namespace procpool
