#pragma once

#include <string>
#include <variant>

namespace procpool {

/// The daemon's command line.
struct Options {
  std::string config_file;  // empty: the first that is there, or none
  std::string socket;       // unless given: the passed one, or as os::choose_socket_path() has it
  std::string state_directory;
  std::string log_level = "info";
  bool check_config = false;
};

/// The options, or the status to leave with at once: --help, --version and mistakes
/// have been told then. `passed_socket` is where a service manager listens for us; empty
/// if it does not.
std::variant<Options, int> read_command_line(int argc, char** argv, const std::string& passed_socket);

}  // namespace procpool
