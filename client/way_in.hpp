#pragma once

#include <string>

#include "common/error.hpp"

namespace procpool::client {

/// Of an error of connecting: whom the socket lets in, if it is not us, and what can be
/// done. Other errors as they are.
Error with_way_in(const Error& error, const std::string& socket_path);

}  // namespace procpool::client
