#include "client/way_in.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

namespace procpool::client {
namespace {

std::string user(uid_t uid) {
  std::array<char, 16384> texts{};
  passwd entry{};
  passwd* found = nullptr;
  getpwuid_r(uid, &entry, texts.data(), texts.size(), &found);
  return found != nullptr ? found->pw_name : std::to_string(uid);
}

std::string group(gid_t gid) {
  std::array<char, 16384> texts{};
  ::group entry{};
  ::group* found = nullptr;
  getgrgid_r(gid, &entry, texts.data(), texts.size(), &found);
  return found != nullptr ? found->gr_name : std::to_string(gid);
}

/// Empty if that cannot be seen, as from outside of a closed directory.
std::string whom_it_lets_in(const std::string& socket_path) {
  struct stat found {};
  if (stat(socket_path.c_str(), &found) != 0) return "";
  std::string text = "; it lets in the user " + user(found.st_uid);
  if ((found.st_mode & S_IWGRP) != 0)
    text += " and the group " + group(found.st_gid) + ": 'usermod -aG' and a new login bring you into that";
  return text;
}

}  // namespace

Error with_way_in(const Error& error, const std::string& socket_path) {
  if (error.saved_errno() != EACCES && error.saved_errno() != EPERM) return error;
  return {ErrorCode::not_permitted, error.message() + whom_it_lets_in(socket_path) +
                                        "; a daemon of your own starts with 'procpool --socket PATH', "
                                        "where PATH is in a directory of yours"};
}

}  // namespace procpool::client
