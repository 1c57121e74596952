#pragma once

#include <string>

#include "common/error.hpp"

namespace procpool::client {

/// Of an error that may come of talking to a daemon of another version: that it is one, if
/// the daemon that answers on the socket says so. Other errors as they are.
Error with_other_version(const Error& error, const std::string& socket_path);

}  // namespace procpool::client
