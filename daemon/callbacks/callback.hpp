#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/job/spec.hpp"
#include "common/os/household.hpp"

namespace procpool::callbacks {

/// One shell command that is run because something has ended.
struct Callback {
  std::string command;  // for /bin/sh -c
  std::string directory;
  std::vector<std::string> environment;  // complete
  std::string input;                     // what it reads on its standard input
  Seconds timeout{600};
  Seconds kill_after{5};
};

/// Runs it to its end, and ends what it leaves behind. Returns why it did not end well ("exit status 3: last
/// line of its standard error"), or nothing. Its standard output is thrown away.
asio::awaitable<std::optional<std::string>> run(Callback callback, os::Household& household);

}  // namespace procpool::callbacks
