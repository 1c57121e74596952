#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "common/overloaded.hpp"
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

int run(const Role& role) {
  auto channel = Channel::take_over_standard_streams();
  if (!channel) return complain(channel.error().message());
  return std::visit(Overloaded{
                        [&](const CommandsRole& commands) {
                          return run_command_worker(*channel, commands, WorkerIdentity::from_environment());
                        },
                        [&](const NativeRole& native) {
                          return run_native_worker(*channel, native.library, native.initializer,
                                                   native.initargs);
                        },
                    },
                    role);
}

int run(const std::vector<std::string>& words) {
  if (words == std::vector<std::string>{"--help"})
    return std::fputs(usage, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
  const auto role = read_arguments(words);
  if (role) return run(*role);
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
