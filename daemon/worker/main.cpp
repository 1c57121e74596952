#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "daemon/worker/arguments.hpp"
#include "daemon/worker/channel.hpp"
#include "daemon/worker/command_worker.hpp"
#include "daemon/worker/native_worker.hpp"

namespace procpool::worker {
namespace {

constexpr int wrong_command_line = 2;

int complain(const std::string& message) {
  std::fprintf(stderr, "procpool-worker: %s\n", message.c_str());
  return EXIT_FAILURE;
}

int run(Channel& channel, const CommandsRole& role) {
  return run_command_worker(channel, role, WorkerIdentity::from_environment());
}

int run(Channel& channel, const NativeRole& role) {
  return run_native_worker(channel, role.library, role.initializer, role.initargs);
}

template <class WorkerRole>
int run(const WorkerRole& role) {
  auto channel = Channel::take_over_standard_streams();
  if (!channel) return complain(channel.error().message());
  return run(*channel, role);
}

int run(const GuardRole& role) { return run_guard(role); }

int run(const std::vector<std::string>& words) {
  if (words == std::vector<std::string>{"--help"})
    return std::fputs(usage, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
  const auto role = read_arguments(words);
  if (role) return std::visit([](const auto& known) { return run(known); }, *role);
  complain(role.error().message());
  std::fputs(usage, stderr);
  return wrong_command_line;
}

}  // namespace
}  // namespace procpool::worker

int main(int argc, char** argv) {
  try {
    return procpool::worker::run({argv + 1, argv + argc});
  } catch (const std::exception& broken_promise) {
    return procpool::worker::complain(broken_promise.what());
  }
}
