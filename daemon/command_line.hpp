#pragma once

#include <string>
#include <variant>

#include "config/configuration.hpp"

namespace procpool {

/// The daemon's command line.
struct Options {
  std::string config_file;  // empty: what is found, see config/configuration.hpp
  std::string socket;       // unless given: the passed one, or as os::choose_socket_path() has it
  std::string state_directory;
  std::string log_level;  // empty: as the settings say
  bool check_config = false;

  config::Origin socket_origin;
  config::Origin state_directory_origin;
};

/// The options, or the status to leave with at once: --help, --version and mistakes
/// have been told then. `passed_socket` is where a service manager listens for us; empty
/// if it does not.
std::variant<Options, int> read_command_line(int argc, char** argv, const std::string& passed_socket);

}  // namespace procpool
