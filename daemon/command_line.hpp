#pragma once

#include <string>
#include <variant>

namespace procpool {

/// The daemon's command line.
struct Options {
  std::string config_file;  // empty: the first that is there, or none
  std::string socket;       // as os::socket_path() chooses it, unless given
  std::string state_directory;
  std::string log_level = "info";
  bool check_config = false;
};

/// The options, or the status to leave with at once: --help, --version and mistakes
/// have been told then.
std::variant<Options, int> read_command_line(int argc, char** argv);

}  // namespace procpool
