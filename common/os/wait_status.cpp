#include "common/os/wait_status.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

namespace procpool::os {
namespace {

/// Second names that kill(1) knows and sigabbrev_np(3) does not.
constexpr std::array<std::pair<std::string_view, int>, 4> other_names{{
    {"IO", SIGIO},
    {"POLL", SIGPOLL},
    {"IOT", SIGABRT},
    {"CLD", SIGCHLD},
}};

constexpr int highest_signal = _NSIG - 1;

std::optional<int> numeric_signal(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (number < 1 || number > highest_signal) return std::nullopt;
  return number;
}

}  // namespace

std::string WaitStatus::describe() const {
  if (exit_status) return "exit status " + std::to_string(*exit_status);
  if (signal != 0) return "signal " + signal_name(signal);
  return "an end that nobody has seen";
}

std::string WaitStatus::describe(const ProcessLimits& limits) const {
  std::string text = describe();
  if (exit_status) return text;
  if (signal == SIGXCPU && limits.cpu_seconds)
    text += ": its CPU time limit of " + std::to_string(*limits.cpu_seconds) + " s ran out";
  if (signal == SIGXFSZ && limits.file_size)
    text += ": it wrote more than its file size limit of " + std::to_string(*limits.file_size) + " bytes";
  return text;
}

std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? name : std::to_string(signal);
}

std::optional<int> signal_number(const std::string& name) {
  if (const auto number = numeric_signal(name)) return number;
  std::string wanted = name;
  std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (wanted.starts_with("SIG")) wanted.erase(0, 3);
  for (int number = 1; number <= highest_signal; ++number)
    if (const char* known = sigabbrev_np(number); known != nullptr && wanted == known) return number;
  for (const auto& [other, number] : other_names)
    if (wanted == other) return number;
  return std::nullopt;
}

}  // namespace procpool::os
