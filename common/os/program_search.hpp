#pragma once

#include <string>
#include <vector>

namespace procpool::os {

/// Where a program is looked for, as by execvp(3): first where there is a file of that name,
/// and along the whole search path only if that cannot be executed. Who starts one again and
/// again keeps this: as a shell does, it then looks first where the program was the last time.
class ProgramSearch {
 public:
  ProgramSearch() = default;
  ProgramSearch(const ProgramSearch&) = delete;
  ProgramSearch& operator=(const ProgramSearch&) = delete;

  /// Whatever was found counts only for the same program, search path and directory, to
  /// which the paths may be relative.
  void look_for(const std::string& program, const std::string& search_path, const std::string& directory);

  /// The paths to try, in order, then nullptr; until look_for() is called again.
  const char* const* candidates() const;

  /// This one of them was executed.
  void found(const char* candidate);

 private:
  std::string program_;
  std::string search_path_;
  std::string directory_;
  std::vector<std::string> paths_;
  std::vector<const char*> pointers_;  // to where it was found, if it was; to all paths; nullptr
};

}  // namespace procpool::os
