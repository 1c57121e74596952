#pragma once

#include <string_view>

/// What a service manager puts into the environment of the one process that it starts
/// (systemd.exec(5), "Environment variables set or propagated"), which is a lie in any
/// other: whoever inherits NOTIFY_SOCKET could speak for the service, and who inherits
/// WATCHDOG_PID could keep a dead one alive.
namespace procpool::os {

/// Is this entry, or its name, about one process, as NOTIFY_SOCKET and LISTEN_FDS are? A
/// program that starts others leaves it out.
bool is_for_one_process(std::string_view entry);

/// Is it about the directories of one service, as STATE_DIRECTORY is? They are for what
/// belongs to the service, which jobs of others do not.
bool is_for_one_service(std::string_view entry);

}  // namespace procpool::os
