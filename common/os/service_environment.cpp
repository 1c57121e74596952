#include "common/os/service_environment.hpp"

#include <algorithm>
#include <initializer_list>

namespace procpool::os {
namespace {

bool is_named(std::string_view entry, std::initializer_list<std::string_view> names) {
  const std::string_view name = entry.substr(0, entry.find('='));
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool is_for_one_process(std::string_view entry) {
  return is_named(entry, {"NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_FDNAMES",
                          "WATCHDOG_PID", "WATCHDOG_USEC", "JOURNAL_STREAM", "INVOCATION_ID", "MAINPID",
                          "MANAGERPID", "MANAGERPIDFDID", "SYSTEMD_EXEC_PID", "FDSTORE",
                          "MEMORY_PRESSURE_WATCH", "MEMORY_PRESSURE_WRITE", "PROCPOOL_DELEGATED"});
}

bool is_for_one_service(std::string_view entry) {
  return is_named(entry, {"RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CACHE_DIRECTORY", "LOGS_DIRECTORY",
                          "CONFIGURATION_DIRECTORY", "CREDENTIALS_DIRECTORY"});
}

}  // namespace procpool::os
