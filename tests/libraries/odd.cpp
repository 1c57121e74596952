// A library that does what it should not: a worker has to live with it, or to die of it
// in the right way.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "common/native/procpool_native.hpp"

namespace {

namespace mistakes {

struct Mistake : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace mistakes

/// Without the typed layer: an exception leaves the function itself.
void throw_out(void*, procpool_call*) { throw mistakes::Mistake("out of the library"); }

void throw_number(void*, procpool_call*) { throw 3; }

void throw_own() { throw mistakes::Mistake("as it is named"); }

void leave(int status) { _exit(status); }

int leave_at(int number, int where) {
  if (number == where) _exit(99);
  return number;
}

int wait_or_leave_at(int number, int where) {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return leave_at(number, where);
}

/// Writes its number down before it returns it, or before it kills the worker.
int note_or_die_at(int number, const std::string& path, int where) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  const std::string line = std::to_string(number) + "\n";
  static_cast<void>(!write(file, line.data(), line.size()));
  close(file);
  if (number == where) kill(getpid(), SIGKILL);
  return number;
}

/// "FILE GATE NUMBER": writes its number down, and returns it when the gate is there; at once
/// where that is "-".
int note_and_wait(const std::string& order) {
  std::string file;
  std::string gate;
  int number = 0;
  std::istringstream(order) >> file >> gate >> number;
  note_or_die_at(number, file, -1);
  while (gate != "-" && access(gate.c_str(), F_OK) != 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return number;
}

void print(const std::string& words) {
  std::puts(words.c_str());
  static_cast<void>(!write(STDOUT_FILENO, "by number\n", 10));
}

/// Both return; the parent with the child's exit status.
int fork_and_return() {
  const pid_t child = fork();
  if (child == 0) return -1;
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

void fork_and_throw() {
  const pid_t child = fork();
  if (child == 0) throw mistakes::Mistake("in the child");
  waitpid(child, nullptr, 0);
}

std::string read_input() {
  char byte = 0;
  return read(STDIN_FILENO, &byte, 1) == 0 ? "end" : "something";
}

procpool::native::Json nested(int levels) {
  const auto count = static_cast<std::size_t>(levels);
  return {std::string(count, '[') + std::string(count, ']')};
}

std::string bytes_ff() { return "\xff"; }

double not_a_number() { return std::stod("nan"); }

/// What a program is born with that a function starts.
std::string signals_ignored_by_child() {
  const std::unique_ptr<FILE, int (*)(FILE*)> child(popen("grep SigIgn /proc/self/status", "r"), pclose);
  std::string line(64, '\0');
  if (!child || fgets(line.data(), static_cast<int>(line.size()), child.get()) == nullptr) return "";
  line.resize(line.find('\n'));
  return line;
}

struct Loaded {
  Loaded() { std::puts("printed while it was loaded"); }
} loaded;

}  // namespace

const std::uint32_t procpool_native_abi = PROCPOOL_NATIVE_ABI;

void procpool_native_register(procpool_registry* registry) {
  registry->offer(registry, "throw_out", throw_out, nullptr);
  registry->offer(registry, "throw_number", throw_number, nullptr);
  procpool::native::offer_all<throw_own, leave, leave_at, wait_or_leave_at, note_or_die_at, note_and_wait,
                              print, fork_and_return, fork_and_throw, read_input, nested, bytes_ff,
                              not_a_number, signals_ignored_by_child>(
      registry,
      "throw_own, leave, leave_at, wait_or_leave_at, note_or_die_at, note_and_wait, print, fork_and_return, "
      "fork_and_throw, read_input, nested, bytes_ff, not_a_number, signals_ignored_by_child");
}
