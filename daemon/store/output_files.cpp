#include "daemon/store/output_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "common/os/fd.hpp"

namespace procpool::store {
namespace {

Error failed(const std::string& doing, int reason) {
  if (reason == ENOSPC || reason == EDQUOT)
    return Error(ErrorCode::disk_full,
                 "cannot " + doing + ": there is no room on the disk of the state directory; free some");
  return Error::system("cannot " + doing, reason);
}

/// The number that is the whole name, or -1.
std::int64_t number_of(const std::string& name) {
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc{} && end == name.data() + name.size() ? number : -1;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code ended;
  for (std::filesystem::directory_iterator at(directory, ended), end; !ended && at != end;
       at.increment(ended))
    names.push_back(at->path().filename());
  return names;
}

}  // namespace

Result<void> OutputFiles::make_directories(JobId job) {
  for (const std::string& path : {directory_, directory_of(job)}) {
    const int made = calls_.make_directory(path);
    if (made == 0) to_sync_.insert(path.substr(0, path.rfind('/')));
    if (made != 0 && made != EEXIST) return failed("make the directory " + path, made);
  }
  return {};
}

Result<void> OutputFiles::write(JobId job, std::uint64_t number, std::string_view content) {
  if (auto made = make_directories(job); !made) return made;
  const std::string path = directory_of(job) + "/" + std::to_string(number);
  const std::string aside = path + ".new";
  written_.push_back(aside);
  if (const int reason = calls_.write(aside, content); reason != 0) return failed("write " + aside, reason);
  // A sync without room has lost what it was to keep, like any that failed.
  if (const int reason = calls_.sync(aside); reason != 0)
    return Error::system("cannot sync " + aside, reason);
  written_.push_back(path);
  if (const int reason = calls_.rename(aside, path); reason != 0) return failed("rename " + aside, reason);
  to_sync_.insert(directory_of(job));
  return {};
}

Result<void> OutputFiles::settle() {
  for (const std::string& path : to_sync_)
    if (const int reason = calls_.sync(path); reason != 0)
      return Error::system("cannot sync the directory " + path, reason);
  to_sync_.clear();
  return {};
}

void OutputFiles::discard() {
  for (const std::string& path : written_) (void)calls_.remove(path);
  written_.clear();
}

Result<std::string> OutputFiles::read(JobId job, std::uint64_t number) const {
  const std::string path = directory_of(job) + "/" + std::to_string(number);
  const os::Fd file = os::open_file(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (!file) return Error::system("cannot open " + path, errno);
  std::string content;
  std::array<char, 64 << 10> part{};
  for (;;) {
    const ssize_t size = ::read(file.get(), part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Error::system("cannot read " + path, errno);
    if (size == 0) return content;
    content.append(part.data(), static_cast<std::size_t>(size));
  }
}

Result<void> OutputFiles::remove_job(JobId job) {
  const std::string path = directory_of(job);
  for (const std::string& name : names_in(path))
    if (const int reason = calls_.remove(path + "/" + name); reason != 0 && reason != ENOENT)
      return failed("remove " + path, reason);
  if (const int reason = calls_.remove(path); reason != 0 && reason != ENOENT)
    return failed("remove " + path, reason);
  return {};
}

std::vector<JobId> OutputFiles::jobs() const {
  std::vector<JobId> jobs;
  for (const std::string& name : names_in(directory_))
    if (const std::int64_t number = number_of(name); number > 0) jobs.push_back(JobId{number});
  return jobs;
}

void OutputFiles::remove_all_but(JobId job, const std::set<std::uint64_t>& numbers) {
  for (const std::string& name : names_in(directory_of(job))) {
    const std::int64_t number = number_of(name);
    if (number < 0 || !numbers.contains(static_cast<std::uint64_t>(number)))
      (void)calls_.remove(directory_of(job) + "/" + name);
  }
  if (numbers.empty()) (void)calls_.remove(directory_of(job));
}

}  // namespace procpool::store
