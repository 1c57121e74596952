#include "common/os/program_search.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

namespace procpool::os {
namespace {

/// Asking costs a tenth of a vain execve(2), and nobody waits for a child yet.
bool is_missing(const std::string& path) {
  return path.front() == '/' && access(path.c_str(), F_OK) != 0 && errno == ENOENT;
}

/// An empty element of the search path is the current directory.
std::vector<std::string> paths_of(const std::string& program, std::string_view search_path) {
  if (program.find('/') != std::string::npos) return {program};
  std::vector<std::string> paths;
  while (!program.empty()) {
    const std::size_t colon = search_path.find(':');
    std::string path(search_path.substr(0, colon));
    if (path.empty()) path = ".";
    paths.push_back(std::move(path) + "/" + program);
    if (colon == std::string_view::npos) break;
    search_path.remove_prefix(colon + 1);
  }
  return paths;
}

}  // namespace

void ProgramSearch::look_for(const std::string& program, const std::string& search_path,
                             const std::string& directory) {
  if (!pointers_.empty() && program == program_ && search_path == search_path_ && directory == directory_)
    return;
  program_ = program;
  search_path_ = search_path;
  directory_ = directory;
  paths_ = paths_of(program, search_path);
  pointers_.assign(1, nullptr);
  for (const std::string& path : paths_) pointers_.push_back(path.c_str());
  pointers_.push_back(nullptr);
  const auto there = std::find_if_not(paths_.begin(), paths_.end(), is_missing);
  if (there != paths_.end()) found(there->c_str());
}

const char* const* ProgramSearch::candidates() const {
  const bool was_found = pointers_.front() != nullptr;
  return pointers_.data() + (was_found ? 0 : 1);
}

/// The first path is the first to be tried anyway.
void ProgramSearch::found(const char* candidate) {
  pointers_.front() = candidate == pointers_[1] ? nullptr : candidate;
}

}  // namespace procpool::os
