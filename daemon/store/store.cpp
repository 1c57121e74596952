#include "daemon/store/store.hpp"

#include <sys/statvfs.h>

#include "common/os/private_path.hpp"

namespace procpool::store {

Result<std::unique_ptr<Store>> Store::open(const std::string& directory, const std::string& socket,
                                           RetentionRule retention, Writer::Post post) {
  Options options;
  options.directory = directory;
  options.socket = socket;
  auto database = Database::open(options);
  if (!database) return database.error();
  const std::string path = (*database)->path();
  const auto recovery = Recovery::open(path);
  if (!recovery) return recovery.error();
  const auto next = (*recovery)->next_job_id();
  if (!next) return next.error();
  auto reader = Reader::open(path);
  if (!reader) return reader.error();
  if (auto made = os::make_private_directory(path + "/spool", 0700); !made)
    return made.error().while_doing("make room for the outcomes of commands");
  return std::unique_ptr<Store>(
      new Store(*std::move(database), *std::move(reader), *next, std::move(post), retention));
}

Store::Store(std::unique_ptr<Database> database, std::unique_ptr<Reader> reader, JobId next,
             Writer::Post post, RetentionRule retention)
    : directory_(database->path()),
      spool_directory_(directory_ + "/spool"),
      files_in_place_(database->files_in_place()),
      reader_(std::move(reader)),
      writer_(
          std::move(database), std::move(post), {.retention = retention},
          [this](const std::vector<JobId>& jobs) { expired_ += jobs.size(); },
          [this](Disk now, const std::string& why) {
            if (disk_changed_) disk_changed_(now, why);
          }),
      ids_(writer_, next) {}

void Store::close() {
  ids_.close();
  writer_.stop();
}

/// The writer finds the same, refuses what comes, and tells the log.
std::optional<Error> Store::failed_by_now() {
  if (auto failed = writer_.failed()) return failed;
  const auto there = files_in_place_.check();
  if (there) return std::nullopt;
  writer_.look_around();
  return there.error();
}

std::optional<std::uint64_t> Store::free_bytes() const {
  struct statvfs system {};
  if (::statvfs(directory_.c_str(), &system) != 0) return std::nullopt;
  return std::uint64_t{system.f_bavail} * system.f_frsize;
}

}  // namespace procpool::store
