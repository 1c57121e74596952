#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace procpool {

/// What a placeholder can be replaced by.
struct PlaceholderValues {
  std::string_view input;
  std::uint64_t index = 0;  // of the task, from 0; {#} counts from 1
  int slot = 1;             // of the worker, from 1; no_slot: {%} stays as it is

  static constexpr int no_slot = 0;
};

/// Is there one of {} {.} {/} {//} {/.} {#} {%} in any of these arguments?
bool has_input_placeholder(const std::vector<std::string>& argv);

/// The command line of one task. `{}` is the input, `{.}` without extension, `{/}`
/// basename, `{//}` dirname, `{/.}` basename without extension, `{#}` task number
/// from 1, `{%}` slot from 1. With none of them the input is appended as the last
/// argument. Any other text in braces stays as it is. argv[0] is filled in, too.
std::vector<std::string> fill_in(const std::vector<std::string>& argv, const PlaceholderValues& values);

/// The same without an input (apply, run): only {#} and {%} are replaced, and
/// nothing is appended.
std::vector<std::string> fill_in_without_input(const std::vector<std::string>& argv,
                                               const PlaceholderValues& values);

}  // namespace procpool
