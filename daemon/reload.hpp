#pragma once

#include <string>

#include "config/settings.hpp"
#include "daemon/flow/job_flow.hpp"
#include "daemon/verbs/daemon_service.hpp"

namespace procpool {

/// Reads the settings again and carries out what can change in a running daemon: pools
/// that are new in the file are made, those that left it are closed, and their numbers
/// of workers follow it. The rest is named as needing a restart. A file with a mistake
/// changes nothing. `settings` then hold what is in force.
Result<verbs::DaemonService::Reloaded> apply_new_settings(const std::string& config_file,
                                                          config::Settings& settings, flow::JobFlow& flow);

}  // namespace procpool
