#include "client/autostart.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "client/daemon_log.hpp"
#include "client/machine_unit.hpp"
#include "client/readiness.hpp"
#include "common/os/service_environment.hpp"
#include "common/os/socket_path.hpp"
#include "common/os/spawn.hpp"

namespace procpool::client {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{30};
constexpr std::chrono::milliseconds look_again{50};

/// The daemon's exit status when another one serves the socket already.
constexpr int socket_is_served = 75;

/// Beside this program, or where an installation has it; else whatever PATH finds.
std::string find_daemon() {
  std::array<char, 4096> link{};
  const ssize_t length = readlink("/proc/self/exe", link.data(), link.size());
  const std::string self(link.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  const auto slash = self.rfind('/');
  if (slash != std::string::npos)
    for (const char* place : {"/procpoold", "/../sbin/procpoold", "/../libexec/procpool/procpoold"})
      if (const std::string path = self.substr(0, slash) + place; access(path.c_str(), X_OK) == 0)
        return path;
  return "procpoold";
}

/// The caller's environment without what a service manager meant for the caller.
std::vector<std::string> daemon_environment(const std::string& notify_address) {
  std::vector<std::string> environment{"NOTIFY_SOCKET=" + notify_address};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!os::is_for_one_process(text) && !os::is_for_one_service(text)) environment.emplace_back(text);
  }
  return environment;
}

Result<os::Child> spawn_daemon(const std::string& socket_path, const DaemonLog& log,
                               const Readiness& readiness) {
  os::ChildPlan plan;
  plan.argv = {find_daemon(), "--socket", socket_path};
  plan.environment = daemon_environment(readiness.address());
  if (const char* path = std::getenv("PATH")) plan.search_path = path;
  plan.directory = "/";
  plan.standard_output = plan.standard_error = log.descriptor();
  plan.new_session = true;
  plan.dies_with_parent = false;
  auto launched = os::spawn(plan);
  if (auto* child = std::get_if<os::Child>(&launched)) return std::move(*child);
  return Error(ErrorCode::system, std::get<os::LaunchFailure>(launched).describe());
}

Error did_not_come_up(const std::string& why, const DaemonLog& log) {
  std::string message = "the daemon " + why + " (its log is '" + log.path() + "')";
  if (const std::string line = log.last_line(); !line.empty()) message += ": " + line;
  return {ErrorCode::system, message};
}

/// Another daemon has the socket: one that does not listen yet, or one that is about
/// to end. So this is tried for a while only.
Result<Connection> connect_to_winner(const std::string& socket_path) {
  const auto until = Clock::now() + std::chrono::seconds(1);
  for (;;) {
    auto connection = Connection::open(socket_path);
    if (connection || !nobody_answers(connection.error()) || Clock::now() > until) return connection;
    poll(nullptr, 0, static_cast<int>(look_again.count()));
  }
}

/// Until the daemon is ready, or dead, or time is up. No connection: another one has
/// the socket.
Result<std::optional<Connection>> wait_for(os::Child child, Readiness& readiness,
                                           const std::string& socket_path, const DaemonLog& log,
                                           Clock::time_point deadline) {
  while (Clock::now() < deadline) {
    std::array<pollfd, 2> waiting{{{readiness.descriptor(), POLLIN, 0}, {child.pidfd(), POLLIN, 0}}};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    poll(waiting.data(), waiting.size(), static_cast<int>(left.count()) + 1);
    if (readiness.announced())
      if (auto connection = Connection::open(socket_path)) {
        child.detach();
        return std::optional(*std::move(connection));
      }
    if (waiting[1].revents == 0) continue;
    const os::WaitStatus status = child.reap();
    if (status.exit_status == socket_is_served) return std::optional<Connection>();
    return did_not_come_up("ended with " + status.describe(), log);
  }
  return did_not_come_up("was not ready after " + std::to_string(patience.count()) + " s", log);
}

/// Until one is ready, ours or another one.
Result<Connection> start_or_join(const std::string& socket_path, const DaemonLog& log, Readiness& readiness,
                                 Screen& screen) {
  const auto deadline = Clock::now() + patience;
  for (;;) {
    auto child = spawn_daemon(socket_path, log, readiness);
    if (!child) return child.error();
    auto ready = wait_for(*std::move(child), readiness, socket_path, log, deadline);
    if (!ready) return ready.error();
    if (*ready) {
      screen.notice("started a daemon on " + socket_path);
      return **std::move(ready);
    }
    auto connection = connect_to_winner(socket_path);
    if (connection || !nobody_answers(connection.error()) || Clock::now() > deadline) return connection;
  }
}

}  // namespace

bool nobody_answers(const Error& error) {
  return error.saved_errno() == ENOENT || error.saved_errno() == ECONNREFUSED;
}

Result<Connection> start_daemon(const std::string& socket_path, Screen& screen) {
  if (const auto unit = unit_that_serves(socket_path))
    return Error(ErrorCode::connection_lost, "no daemon answers on " + socket_path +
                                                 ", which is for the machine's own: start it with "
                                                 "'systemctl start " +
                                                 *unit + "', or name another socket with --socket");
  if (auto good = os::check_place_of_socket(socket_path); !good) return good.error();
  if (auto made = os::make_socket_directory(socket_path); !made) return made.error();
  const auto log = DaemonLog::open(socket_path);
  if (!log) return log.error();
  auto readiness = Readiness::open();
  if (!readiness) return readiness.error();
  auto connection = start_or_join(socket_path, *log, *readiness, screen);
  if (!connection) return connection.error().while_doing("start a daemon on " + socket_path);
  return connection;
}

}  // namespace procpool::client
