#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace procpool {

/// A number for people, with what there is of it: "1 job", "2 jobs".
inline std::string counted(std::uint64_t number, std::string_view one) {
  return std::to_string(number) + " " + std::string(one) + (number == 1 ? "" : "s");
}

/// The same where more than an s differs: "1 job is open", "2 jobs are open".
inline std::string counted(std::uint64_t number, std::string_view one, std::string_view several) {
  return std::to_string(number) + " " + std::string(number == 1 ? one : several);
}

}  // namespace procpool
