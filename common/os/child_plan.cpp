#include "common/os/child_plan.hpp"

#include <string_view>

namespace procpool::os {

const char* find_variable(const std::vector<std::string>& environment, const char* name) {
  const std::string_view wanted(name);
  for (const std::string& entry : environment)
    if (entry.size() > wanted.size() && entry[wanted.size()] == '=' && entry.starts_with(wanted))
      return entry.c_str() + wanted.size() + 1;
  return nullptr;
}

}  // namespace procpool::os
