#include "client/way_in.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <memory>

namespace procpool::client {
namespace {

// A program that is linked statically cannot ask whom the system asks for names. The files
// have those of services; others are told by their numbers.

struct CloseFile {
  void operator()(FILE* file) const { static_cast<void>(std::fclose(file)); }
};
using File = std::unique_ptr<FILE, CloseFile>;

std::string user(uid_t uid) {
  const File file(std::fopen("/etc/passwd", "re"));
  while (const passwd* entry = file ? fgetpwent(file.get()) : nullptr)
    if (entry->pw_uid == uid) return entry->pw_name;
  return std::to_string(uid);
}

std::string group(gid_t gid) {
  const File file(std::fopen("/etc/group", "re"));
  while (const ::group* entry = file ? fgetgrent(file.get()) : nullptr)
    if (entry->gr_gid == gid) return entry->gr_name;
  return std::to_string(gid);
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
