#include "daemon/store/files_in_place.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "daemon/store/state_directory.hpp"

namespace procpool::store {

FilesInPlace FilesInPlace::found_in(const std::string& directory) {
  FilesInPlace found;
  for (const char* end : {"", "-wal", "-shm"}) {
    const std::string path = StateDirectory::database_in(directory) + end;
    struct stat file {};
    if (::lstat(path.c_str(), &file) == 0) found.files_.push_back({path, file.st_dev, file.st_ino});
  }
  return found;
}

Result<void> FilesInPlace::check() const {
  for (const File& file : files_) {
    struct stat now {};
    const bool is_known = ::lstat(file.path.c_str(), &now) == 0;
    const bool is_gone = !is_known && (errno == ENOENT || errno == ENOTDIR);
    const bool is_other = is_known && (now.st_dev != file.device || now.st_ino != file.inode);
    if (is_gone || is_other)
      return Error(ErrorCode::system,
                   file.path + (is_gone ? " was removed" : " was replaced by another file") +
                       " while the daemon ran: fetch with 'procpool get' what is still needed, as the next "
                       "daemon knows only what it finds there");
  }
  return {};
}

}  // namespace procpool::store
