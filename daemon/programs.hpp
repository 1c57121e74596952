#pragma once

#include <string>

#include "common/result.hpp"
#include "daemon/pool/process_launcher.hpp"

namespace procpool {

/// Finds what workers are made of: beside our own program in a build, under libexec of
/// the same prefix once installed.
Result<pool::WorkerPrograms> find_worker_programs(const std::string& python);

}  // namespace procpool
