#pragma once

#include <string>
#include <vector>

namespace procpool::test {

/// The processes that have this entry in their environment, and all that began with
/// it; zombies have none.
std::vector<int> processes_with(const std::string& environment_entry);

/// Kills those for good.
void kill_processes_with(const std::string& environment_entry);

bool is_alive(int pid);
/// Alive, or dead and not reaped.
bool exists(int pid);
/// As proc(5) has it: S sleeps, T is stopped; blank if there is none.
char state_of(int pid);
/// Does no signal wait for it any more, and do all of its threads sleep? Then it has done what
/// it does about those that it takes by a descriptor.
bool has_obeyed_signals(int pid);

/// The most memory that the process has had so far. [MiB]
int peak_memory_mib(int pid);

}  // namespace procpool::test
