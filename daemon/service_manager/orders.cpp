#include "daemon/service_manager/orders.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/os/service_environment.hpp"

namespace procpool::service_manager {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

template <class Number>
std::optional<Number> number(const std::string& text) {
  Number value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> split_at_colons(std::string_view text) {
  std::vector<std::string> parts;
  for (auto colon = text.find(':'); colon != std::string_view::npos; colon = text.find(':')) {
    parts.emplace_back(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  parts.emplace_back(text);
  return parts;
}

void clear_environment() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (os::is_for_one_process(text) || os::is_for_one_service(text))
      names.emplace_back(text.substr(0, text.find('=')));
  }
  for (const std::string& name : names) ::unsetenv(name.c_str());
}

}  // namespace

Orders Orders::take_from_environment() {
  Orders orders;
  orders.notify_socket = variable("NOTIFY_SOCKET");
  orders.journal_stream = variable("JOURNAL_STREAM");
  orders.delegates = variable("PROCPOOL_DELEGATED") == "yes";
  const auto silence = number<std::int64_t>(variable("WATCHDOG_USEC"));
  const std::string watched = variable("WATCHDOG_PID");
  if (silence && *silence > 0 && (watched.empty() || number<pid_t>(watched) == ::getpid()))
    orders.watchdog = std::chrono::microseconds(*silence);
  if (number<pid_t>(variable("LISTEN_PID")) == ::getpid()) {
    const auto passed = number<int>(variable("LISTEN_FDS"));
    if (passed && *passed > 0) orders.passed = *passed;
    const std::string names = variable("LISTEN_FDNAMES");
    if (!names.empty()) orders.names = split_at_colons(names);
  }
  clear_environment();
  return orders;
}

}  // namespace procpool::service_manager
