#include "daemon/command_line.hpp"

#include <CLI/CLI.hpp>
#include <asio/version.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "common/built_with.hpp"
#include "common/os/socket_path.hpp"
#include "common/os/unix_socket.hpp"
#include "common/protocol/interface.hpp"
#include "common/version.hpp"
#include "daemon/store/sqlite_error.hpp"

namespace procpool {
namespace {

constexpr int failed = 1;
constexpr int usage_error = 2;

using config::Origin;

/// A directory and what named it.
struct Place {
  std::string path;
  Origin origin;
};

std::string version_text() {
  return "procpoold " + std::string(version) + "\nserves " + std::string(protocol::interface_name) +
         ", see procpool-protocol(7)\nbuilt with " + std::string(compiler) + ", Asio " +
         std::to_string(ASIO_VERSION / 100000) + "." + std::to_string(ASIO_VERSION / 100 % 1000) + "." +
         std::to_string(ASIO_VERSION % 100) + ", SQLite " + std::string(store::sqlite_version());
}

/// $XDG_STATE_HOME/procpool, or what that is without the variable.
Place state_home() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/')
    return {std::string(state) + "/procpool", {Origin::Kind::environment, "XDG_STATE_HOME"}};
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return {std::string(home) + "/.local/state/procpool", {Origin::Kind::environment, "HOME"}};
  return {"/var/lib/procpool", {}};
}

/// A path as one name: what a slash would end is written %2F.
std::string as_one_name(const std::string& path) {
  std::string name;
  for (const char letter : path) {
    if (letter == '/') {
      name += "%2F";
    } else if (letter == '%') {
      name += "%25";
    } else {
      name += letter;
    }
  }
  return name;
}

/// Two daemons share no jobs, so a socket at a place of its own has a directory of its own.
Place default_state_directory(const std::string& socket) {
  const auto surroundings = os::SocketSurroundings::of_this_process();
  Place place = state_home();
  if (socket == surroundings.runtime_directory + "/procpool/socket" || socket == surroundings.system_socket)
    return place;
  std::error_code unknown;
  const auto absolute = std::filesystem::weakly_canonical(socket, unknown);
  place.path += "/sockets/" + as_one_name(unknown ? socket : absolute.string());
  return place;
}

/// Finds what was not given: by the service manager, by the environment, or as it is built in.
Result<void> complete(Options& options, const std::string& passed_socket) {
  const auto flag = [](const std::string& value, const char* name) {
    return value.empty() ? Origin{} : Origin{Origin::Kind::flag, name};
  };
  options.socket_origin = flag(options.socket, "--socket");
  options.state_directory_origin = flag(options.state_directory, "--state-dir");
  if (options.socket.empty() && !passed_socket.empty()) {
    options.socket = passed_socket;
    options.socket_origin.kind = Origin::Kind::service_manager;
  }
  if (options.socket.empty() && !options.check_config) {
    const auto surroundings = os::SocketSurroundings::of_this_process();
    auto path = os::choose_socket_path(surroundings);
    if (!path) return path.error();
    options.socket = *std::move(path);
    if (options.socket == surroundings.named) {
      options.socket_origin = {Origin::Kind::environment, "PROCPOOL_SOCKET"};
    } else if (options.socket == surroundings.runtime_directory + "/procpool/socket") {
      options.socket_origin = {Origin::Kind::environment, "XDG_RUNTIME_DIR"};
    }
  }
  if (!options.check_config)
    if (auto good = os::check_socket_path(options.socket); !good) return good;
  if (!options.state_directory.empty()) return {};
  Place place = default_state_directory(options.socket);
  options.state_directory = std::move(place.path);
  options.state_directory_origin = std::move(place.origin);
  return {};
}

}  // namespace

std::variant<Options, int> read_command_line(int argc, char** argv, const std::string& passed_socket) {
  Options options;
  CLI::App app(
      "Keeps pools of worker processes and gives them the jobs that come over a Unix socket.\n"
      "It stays in the foreground and logs to standard error; 'ready' there says that the\n"
      "socket answers and the workers stand. Clients: procpool(1).",
      "procpoold");
  // An empty one is a variable that was not set, and not the wish for the default.
  const CLI::Validator no_path(
      [](const std::string& text) { return text.empty() ? std::string("is empty") : std::string(); }, "");
  app.add_option("--config", options.config_file,
                 "Read the settings from this TOML file, and from FILE.d/*.toml;\n"
                 "else $PROCPOOL_CONFIG, else the machine's and the user's file")
      ->type_name("FILE")
      ->check(no_path);
  app.add_option("--socket", options.socket,
                 "Listen here; else $PROCPOOL_SOCKET, $XDG_RUNTIME_DIR/procpool/socket, ...")
      ->type_name("PATH")
      ->check(no_path);
  app.add_option("--state-dir", options.state_directory,
                 "Keep kept jobs here; else $XDG_STATE_HOME/procpool, or below it")
      ->type_name("DIR")
      ->check(no_path);
  app.add_option("--log-level", options.log_level, "How much to log; else as the settings say")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  app.add_flag("--check-config", options.check_config,
               "Read the settings, say what is wrong with them, and leave");
  app.set_version_flag("--version", version_text());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11's own numbers would be taken for others; see "Exit status" in procpoold(8).
    if (error.get_exit_code() == 0) return app.exit(error);
    std::cerr << "procpoold: " << error.what() << "; see procpoold --help\n";
    return usage_error;
  }
  if (auto good = complete(options, passed_socket); !good) {
    std::cerr << "procpoold: " << good.error().message() << '\n';
    return good.error().code() == ErrorCode::invalid_parameter ? usage_error : failed;
  }
  return options;
}

}  // namespace procpool
