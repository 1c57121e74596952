// procpool: parse, do one verb, exit.

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "client/caller.hpp"
#include "client/command_line.hpp"
#include "client/exit_status.hpp"
#include "client/other_version.hpp"
#include "client/perform.hpp"
#include "common/os/service_environment.hpp"
#include "common/os/socket_path.hpp"

namespace procpool::client {
namespace {

/// A descriptor that was closed must not be given to the next file or socket. Results that
/// nobody gets are an error all the same: writing to this standard output fails.
void open_standard_streams() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor)
    if (fcntl(descriptor, F_GETFD) < 0)
      static_cast<void>(open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR));
}

Surroundings surroundings_of_this_process() {
  Surroundings surroundings;
  std::string buffer(4096, '\0');
  if (getcwd(buffer.data(), buffer.size()) != nullptr) surroundings.directory = buffer.c_str();
  // Jobs get it, and what a service manager has told us is not for them.
  for (char** next = environ; *next != nullptr; ++next) {
    const std::string_view entry(*next);
    if (entry.find('=') != std::string_view::npos && !os::is_for_one_process(entry))
      surroundings.environment.push_back(entry);
  }
  return surroundings;
}

Result<std::string> socket_path_of(const Globals& globals, const Surroundings& surroundings) {
  os::SocketSurroundings socket = os::SocketSurroundings::of_this_process();
  if (!globals.socket.empty()) socket.named = globals.socket;
  const auto path = os::choose_socket_path(socket);
  return path ? surroundings.absolute(*path) : path;
}

int fail(Screen& screen, const Error& error) {
  screen.error(error.message());
  return exit_status_of(error);
}

int run_program(const std::vector<std::string>& arguments) {
  const Surroundings surroundings = surroundings_of_this_process();
  auto invocation = parse_command_line(arguments, surroundings);
  if (!invocation) {
    Screen screen(Color::automatic, Verbosity::normal);
    return fail(screen, invocation.error());
  }
  const Globals& globals = invocation->globals;
  Screen screen(globals.color, globals.verbosity);
  Output output(screen);
  auto socket_path = socket_path_of(globals, surroundings);
  if (!socket_path) return fail(screen, socket_path.error());
  const Caller caller(globals, *std::move(socket_path), screen, output);
  const auto status = perform(caller, std::move(invocation->action));
  if (!status) return fail(screen, with_other_version(status.error(), caller.socket_path()));
  if (auto flushed = output.flush(); !flushed) return fail(screen, flushed.error());
  return *status;
}

}  // namespace
}  // namespace procpool::client

int main(int argc, char** argv) {
  using namespace procpool::client;
  // Whatever our parent has made of it: a reader that goes away ends us quietly.
  std::signal(SIGPIPE, SIG_DFL);
  open_standard_streams();
  try {
    return run_program({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const std::exception& error) {
    Screen(Color::never, Verbosity::normal).error(std::string("this should not happen: ") + error.what());
    return exit_status::own_failure;
  }
}
