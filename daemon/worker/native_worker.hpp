#pragma once

#include <string>

#include "daemon/worker/channel.hpp"

namespace procpool::worker {

/// A worker that offers the functions of a shared library (procpool_native.h), from
/// its first word to its last:
///
///     preparing ──► waiting ◄──► running ──► left, status 0 (the daemon closed the channel)
///         └──► failed, status 1
///
/// `initializer` names a function of the library that is called once before the
/// worker is ready, empty for none; `initargs` is a JSON array of its arguments,
/// empty for none. Returns the exit status of the process.
int run_native_worker(Channel& channel, const std::string& library, const std::string& initializer,
                      const std::string& initargs);

}  // namespace procpool::worker
