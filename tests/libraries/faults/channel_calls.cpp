// What makes descriptors that are no files, and what waits for them, sends and receives.

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdarg>

#include "tests/libraries/faults/faults.hpp"

using namespace procpool::test;
using faults::refuses;
using faults::waiting_on;

extern "C" {

int accept4(int listener, sockaddr* address, socklen_t* size, int flags) {
  PROCPOOL_NEXT(accept4);
  return refuses(descriptor, "accept4") ? -1 : next(listener, address, size, flags);
}

int socket(int domain, int type, int protocol) noexcept {
  PROCPOOL_NEXT(socket);
  return refuses(descriptor, "socket") ? -1 : next(domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int pair[2]) noexcept {
  PROCPOOL_NEXT(socketpair);
  return refuses(descriptor, "socketpair") ? -1 : next(domain, type, protocol, pair);
}

int pipe2(int pair[2], int flags) noexcept {
  PROCPOOL_NEXT(pipe2);
  return refuses(descriptor, "pipe2") ? -1 : next(pair, flags);
}

int epoll_create1(int flags) noexcept {
  PROCPOOL_NEXT(epoll_create1);
  return refuses(descriptor, "epoll_create1") ? -1 : next(flags);
}

int eventfd(unsigned int value, int flags) noexcept {
  PROCPOOL_NEXT(eventfd);
  return refuses(descriptor, "eventfd") ? -1 : next(value, flags);
}

int timerfd_create(int clock, int flags) noexcept {
  PROCPOOL_NEXT(timerfd_create);
  return refuses(descriptor, "timerfd_create") ? -1 : next(clock, flags);
}

int memfd_create(const char* name, unsigned int flags) noexcept {
  PROCPOOL_NEXT(memfd_create);
  return refuses(descriptor, "memfd_create") ? -1 : next(name, flags);
}

int fcntl(int file, int order, ...) {
  PROCPOOL_NEXT(fcntl);
  va_list more;
  va_start(more, order);
  void* argument = va_arg(more, void*);
  va_end(more);
  const bool copies = order == F_DUPFD || order == F_DUPFD_CLOEXEC;
  return copies && refuses(descriptor, "fcntl") ? -1 : next(file, order, argument);
}

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  PROCPOOL_NEXT(sendmsg);
  return refuses(sending | waiting_on(socket, flags), "sendmsg") ? -1 : next(socket, message, flags);
}

ssize_t recvmsg(int socket, msghdr* message, int flags) {
  PROCPOOL_NEXT(recvmsg);
  return refuses(waiting_on(socket, flags), "recvmsg") ? -1 : next(socket, message, flags);
}

ssize_t read(int file, void* bytes, size_t size) {
  PROCPOOL_NEXT(read);
  return refuses(waiting_on(file), "read") ? -1 : next(file, bytes, size);
}

int poll(pollfd* entries, nfds_t count, int milliseconds) {
  PROCPOOL_NEXT(poll);
  return milliseconds != 0 && refuses(waiting, "poll") ? -1 : next(entries, count, milliseconds);
}

int ppoll(pollfd* entries, nfds_t count, const timespec* time, const sigset_t* mask) {
  PROCPOOL_NEXT(ppoll);
  return refuses(waiting, "ppoll") ? -1 : next(entries, count, time, mask);
}

int epoll_wait(int set, epoll_event* events, int most, int milliseconds) {
  PROCPOOL_NEXT(epoll_wait);
  return milliseconds != 0 && refuses(waiting, "epoll_wait") ? -1 : next(set, events, most, milliseconds);
}

void* mmap64(void* address, size_t size, int protection, int flags, int file, off64_t at) noexcept {
  PROCPOOL_NEXT(mmap64);
  return refuses(mapping, "mmap64") ? MAP_FAILED : next(address, size, protection, flags, file, at);
}
}
