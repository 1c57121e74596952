#pragma once

#include "config/configuration.hpp"
#include "daemon/flow/job_flow.hpp"
#include "daemon/verbs/daemon_service.hpp"

namespace procpool {

/// Carries out what can change in a running daemon, without an end of any job:
///
///     [daemon], [limits], [log]     at once; `python` needs a restart. What a connection
///                                   or a worker has got with its start, the next one has
///     [access]                      needs a restart, as the socket's mode does
///     [pools.NAME]                  a new one is made, one that has left is closed;
///                                   workers, max_*, history at once; the rest needs a restart
///
/// `in_force` then holds what is in force; what needs a restart is as it was. If it cannot
/// be carried out, the error says why and nothing has changed.
Result<verbs::DaemonService::Reloaded> apply_new_settings(const config::Configuration& fresh,
                                                          config::Configuration& in_force,
                                                          flow::JobFlow& flow);

}  // namespace procpool
