// How processes begin: clone(2) by the name that the launcher of workers uses, and what its
// child does through syscall(2).

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdarg>

#include "tests/libraries/faults/faults.hpp"

using namespace procpool::test;
using faults::refuses;

extern "C" {

int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...) noexcept;

int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...) noexcept {
  PROCPOOL_NEXT(__clone);
  va_list more;
  va_start(more, argument);
  void* parent_id = va_arg(more, void*);
  void* storage = va_arg(more, void*);
  void* child_id = va_arg(more, void*);
  va_end(more);
  if (refuses(process, "clone")) return -1;
  return next(function, stack, flags, argument, parent_id, storage, child_id);
}

/// The launcher calls it before its child does, so that nothing is looked up in the child.
long syscall(long number, ...) noexcept {
  PROCPOOL_NEXT(syscall);
  va_list more;
  va_start(more, number);
  long arguments[6];
  for (long& argument : arguments) argument = va_arg(more, long);
  va_end(more);
  if (number == SYS_execve && refuses(program, "execve")) return -1;
  if (number == SYS_pidfd_open && refuses(descriptor, "pidfd_open")) return -1;
  return next(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}
}
