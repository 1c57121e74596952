#include "tests/support/store/scenario.hpp"

#include <doctest/doctest.h>

namespace procpool::test {

using namespace store;

const std::vector<std::vector<Push>>& scenario() {
  static const std::vector<std::vector<Push>> groups{
      {{IdsReserved{JobId{1000}}}, queued_job(1), queued_job(2)},
      {{started(1, 0, 1)}},
      {{job_added(3, "map"), inputs_added(3, 0, 50, false)},
       {PoolSaved{"py", R"({"name":"py"})", false, false, true}}},
      {{succeeded(1, 0, 0)}, {started(3, 0, 20)}, {inputs_added(3, 50, 50, true)}},
      {{large(3, 0, 0, 5000), large(3, 1, 1, 9000)}, {job_ended(1)}},
      {{succeeded(3, 2, 2, 8), TasksReturned{JobId{3}, 10, 10, 1, at(99)}}},
      {{JobCancelled{JobId{2}, "not wanted"}}, {PoolSaved{"py", R"({"name":"py"})", true, true, false}}},
      {{CallbacksRan{JobId{3}, 4, false, {{"each", 2, "exit status 1"}}}}, {JobForgotten{JobId{1}}}},
      {whole_job(4, "whole"), {large(3, 3, 10, 70'000)}},
      {{PoolRemoved{"py"}}, {job_ended(2, TaskState::cancelled)}, {IdsReserved{JobId{2000}}}},
  };
  return groups;
}

std::vector<Push> all_pushes() {
  std::vector<Push> pushes;
  for (const auto& group : scenario()) pushes.insert(pushes.end(), group.begin(), group.end());
  return pushes;
}

void run_scenario(Faults& faults, const std::string& directory,
                  const std::function<void(std::size_t)>& acknowledge) {
  const auto database = Database::open({directory, small_row, faults.vfs(), faults.files()});
  if (!database) return;
  std::size_t number = 0;
  for (const auto& group : scenario()) {
    for (const Result<void>& result : (*database)->commit(group)) {
      if (result) acknowledge(number);
      ++number;
    }
    (void)(*database)->sweep();
  }
}

const std::vector<std::string>& contents() {
  static const std::vector<std::string> all = [] {
    const MemoryDirectory directory;
    std::vector<std::string> states;
    const auto database = opened({directory.path(), small_row});
    states.push_back(content_of(directory.path()));
    for (const Push& push : all_pushes()) {
      commit(*database, push);
      states.push_back(content_of(directory.path()));
    }
    return states;
  }();
  return all;
}

std::size_t check_what_is_left(const std::string& directory, std::size_t acknowledged) {
  { const auto database = opened({directory, small_row}); }
  CHECK(integrity_of(directory) == "ok");
  const std::string content = content_of(directory);
  std::size_t found = contents().size();
  for (std::size_t k = contents().size(); k-- > acknowledged;)
    if (contents()[k] == content) found = k;
  CHECK_MESSAGE(found < contents().size(), "after " << acknowledged << " pushes there was:\n" << content);
  CHECK(recovered(directory).damaged.empty());
  return found;
}

}  // namespace procpool::test
