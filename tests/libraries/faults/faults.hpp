#pragma once

#include <dlfcn.h>

#include "tests/support/fault_plan.hpp"

namespace procpool::test::faults {

enum class Verdict { go_on, refuse, tear };

/// Counts a call of these kinds. For `refuse` errno is set; a process that is to be killed
/// does not come back from here.
Verdict judge(std::uint32_t kinds, const char* name);

inline bool refuses(std::uint32_t kinds, const char* name) { return judge(kinds, name) != Verdict::go_on; }

/// `waiting` if a call on this descriptor may wait. The kernel interrupts no other (signal(7)),
/// and who relies on that, as Asio does with its eventfd, is right.
std::uint32_t waiting_on(int descriptor, int message_flags = 0);

/// SIGKILL to the process whose calls these are, also from a child that shares its memory.
void kill_process();

/// The function of that name that would have been called without us.
template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace procpool::test::faults

/// Within a function that stands before one of libc: that one.
#define PROCPOOL_NEXT(function) \
  static const auto next = procpool::test::faults::next<decltype(&::function)>(#function)
