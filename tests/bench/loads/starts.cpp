#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/loads/calls.hpp"
#include "tests/bench/loads/limits.hpp"

namespace procpool::bench {
namespace {

struct DestroyActions {
  void operator()(posix_spawn_file_actions_t* actions) const { posix_spawn_file_actions_destroy(actions); }
};

}  // namespace

std::vector<double> starts(const std::vector<std::string>& command, int at_once, int count) {
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::unique_ptr<posix_spawn_file_actions_t, DestroyActions> destroy(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);

  std::vector<double> took;
  std::map<pid_t, double> running;
  int to_start = count;
  std::string problem;
  while (to_start > 0 || !running.empty()) {
    while (problem.empty() && to_start > 0 && running.size() < static_cast<std::size_t>(at_once)) {
      const double begun = now();
      pid_t child = 0;
      if (posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) {
        problem = "cannot start " + words[0];
        break;
      }
      running[child] = begun;
      --to_start;
    }
    if (running.empty()) break;
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, 0);
    took.push_back(now() - running[ended]);
    running.erase(ended);
    if (status != 0) problem = words[0] + " ended with the wait status " + std::to_string(status);
  }
  if (!problem.empty()) throw std::runtime_error(problem);
  return took;
}

}  // namespace procpool::bench
