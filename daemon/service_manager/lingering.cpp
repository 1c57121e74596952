#include "daemon/service_manager/lingering.hpp"

#include <pwd.h>
#include <sys/types.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace procpool::service_manager {
namespace {

/// The manager's own group is a part of ours: ".../user-1000.slice/user@1000.service/...".
/// Each hierarchy has a line, and that of version 2 may be in use for nothing.
std::optional<uid_t> whose_manager(const std::string& membership) {
  constexpr std::string_view before = "/user@";
  std::ifstream lines(membership);
  for (std::string line; std::getline(lines, line);) {
    const auto place = line.find(before);
    if (place == std::string::npos) continue;
    uid_t uid = 0;
    const char* const number = line.data() + place + before.size();
    const auto [rest, wrong] = std::from_chars(number, line.data() + line.size(), uid);
    if (wrong == std::errc() && std::string_view(rest).starts_with(".service")) return uid;
  }
  return std::nullopt;
}

std::optional<std::string> name_of_user(uid_t uid) {
  std::array<char, 16384> texts{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, texts.data(), texts.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return found->pw_name;
}

}  // namespace

std::optional<bool> user_lingers(const LingerPlaces& places) {
  const auto uid = whose_manager(places.membership);
  if (!uid) return std::nullopt;
  const auto name = name_of_user(*uid);
  if (!name) return std::nullopt;
  std::error_code ignored;
  return std::filesystem::exists(places.lingering + "/" + *name, ignored);
}

}  // namespace procpool::service_manager
