#include "daemon/store/id_reservation.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "common/os/private_path.hpp"

namespace procpool::store {
namespace {

constexpr std::int64_t block = 1000;

Result<std::int64_t> read_number(int file, const std::string& path) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  if (size < 0) return Error::system("cannot read " + path, errno);
  if (size == 0) return std::int64_t{1};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + size, number);
  if (error != std::errc{} || number < 1)
    return Error(
        ErrorCode::system,
        path + " does not hold a job number; remove it if no job of this directory matters any more");
  return number;
}

}  // namespace

Result<IdReservation> IdReservation::open(const std::string& given) {
  std::string directory = given;
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  // What is above it, as far as it is missing; whether that worked shows right away.
  for (auto slash = directory.find('/', 1); slash != std::string::npos;
       slash = directory.find('/', slash + 1))
    ::mkdir(directory.substr(0, slash).c_str(), 0700);
  if (auto made = os::make_private_directory(directory, 0700); !made)
    return made.error().while_doing("use the state directory");
  IdReservation reservation(directory + "/next-job");
  if (auto reserved = reservation.reserve(); !reserved) return reserved.error();
  return reservation;
}

Result<std::int64_t> IdReservation::take() {
  if (next_ == end_)
    if (auto reserved = reserve(); !reserved) return reserved.error();
  return next_++;
}

std::optional<std::uint64_t> IdReservation::free_bytes() const {
  struct statvfs system {};
  if (::statvfs(path_.c_str(), &system) != 0) return std::nullopt;
  return std::uint64_t{system.f_bavail} * system.f_frsize;
}

Result<void> IdReservation::reserve() {
  const auto opened = os::open_private_file(path_);
  if (!opened) return opened.error();
  const os::Fd& file = *opened;
  // Another daemon of this user may take a block at the same moment.
  if (::flock(file.get(), LOCK_EX) != 0) return Error::system("cannot lock " + path_, errno);
  const auto number = read_number(file.get(), path_);
  if (!number) return number.error();
  const std::string text = std::to_string(*number + block) + "\n";
  if (::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
      ::fsync(file.get()) != 0)
    return Error::system("cannot write " + path_, errno);
  next_ = *number;
  end_ = *number + block;
  return {};
}

}  // namespace procpool::store
