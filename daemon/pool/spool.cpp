#include "daemon/pool/spool.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "common/os/fd.hpp"
#include "common/overloaded.hpp"
#include "common/protocol/frame.hpp"

namespace procpool::pool {
namespace {

constexpr std::size_t read_size = 64 << 10;

/// The lines of one file, as far as they can be true:
///
///     so far    | Header    | Begun     | answer    | Dropped
///     ----------+-----------+-----------+-----------+---------
///     nothing   | described |           |           |
///     described |           | begun     | described | finished
///     begun     |           |           | described | finished
///     finished  |           |           |           |
///
/// An empty cell is damage, and so are numbers that do not follow on each other.
class Account {
 public:
  Account(const spool::Header& batch, const OnSpoolAnswer& on_answer)
      : batch_(batch), on_answer_(on_answer) {}

  /// False: it cannot be.
  bool take(const spool::Line& line) {
    return std::visit([this](const auto& one) { return take(one); }, line);
  }

  std::uint64_t answered() const { return answered_; }
  bool has_begun() const { return begun_; }
  /// How many were given back, if the worker said so.
  const std::optional<std::uint64_t>& dropped() const { return dropped_; }
  std::optional<ControlGroup> control_group() const { return control_group_; }

 private:
  bool take(const spool::Header& header) {
    spool::Header expected = batch_;
    expected.control_group = header.control_group;
    if (described_ || header != expected) return false;
    described_ = true;
    control_group_ = header.control_group;
    return true;
  }

  bool take(const spool::Begun& begun) {
    if (!is_open() || begun_ || begun.index != batch_.first + answered_) return false;
    begun_ = true;
    return true;
  }

  bool take(const worker_message::Succeeded& answer) {
    return answer.count == 1 && take_answer(answer.number, answer);
  }
  bool take(const worker_message::Ended& answer) { return take_answer(answer.number, answer); }

  bool take_answer(std::int64_t number, const SpoolAnswer& answer) {
    if (!is_open() || !is_of_this_batch(number)) return false;
    on_answer_(batch_.first + answered_, answer);
    ++answered_;
    begun_ = false;
    return true;
  }

  /// The task that had begun is given back too, or its answer could not be written.
  bool take(const worker_message::Dropped& dropped) {
    if (!is_open() || !is_of_this_batch(dropped.number)) return false;
    const std::uint64_t open = batch_.count - answered_;
    if (dropped.count != open && !(begun_ && dropped.count + 1 == open)) return false;
    dropped_ = dropped.count;
    return true;
  }

  bool is_open() const { return described_ && !dropped_ && answered_ < batch_.count; }

  bool is_of_this_batch(std::int64_t number) {
    if (!number_) number_ = number;
    return *number_ == number;
  }

  const spool::Header& batch_;
  const OnSpoolAnswer& on_answer_;
  std::optional<std::int64_t> number_;  // of the batch, as the worker knew it
  bool described_ = false;
  std::optional<ControlGroup> control_group_;
  bool begun_ = false;
  std::uint64_t answered_ = 0;
  std::optional<std::uint64_t> dropped_;
};

SpoolAccount closed(const Account& account, const spool::Header& batch, SpoolBoot boot, std::string damage) {
  const std::uint64_t open = batch.count - account.answered();
  std::uint64_t returned = 0;
  if (damage.empty() && account.dropped())
    returned = *account.dropped();
  else if (damage.empty() && boot == SpoolBoot::ours)
    returned = open - (account.has_begun() ? 1 : 0);
  return {account.answered(), open - returned, returned, std::move(damage), account.control_group()};
}

/// Why it cannot be what the worker has made; empty if it can.
std::string objection_to(const os::Fd& file) {
  struct stat found {};
  if (fstat(file.get(), &found) != 0) return "it cannot be looked at";
  if (!S_ISREG(found.st_mode)) return "it is no ordinary file";
  if (found.st_uid != geteuid()) return "it belongs to another user";
  return "";
}

/// Takes the lines that are whole. What is wrong with the file; empty if nothing is.
std::string take_lines(protocol::FrameSplitter& splitter, Account& account) {
  for (;;) {
    const auto line = splitter.next();
    if (!line) return line.error().message();
    if (!*line) return "";
    const auto decoded = spool::decode(**line);
    if (!decoded) return decoded.error().message();
    if (!account.take(*decoded)) return "a line that cannot follow: " + std::string((*line)->substr(0, 100));
  }
}

}  // namespace

Result<SpoolAccount> read_spool(const std::string& path, const spool::Header& batch, SpoolBoot boot,
                                const OnSpoolAnswer& on_answer, const SpoolBounds& bounds) {
  Account account(batch, on_answer);
  const os::Fd file = os::open_file(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (!file && errno == ENOENT) return closed(account, batch, boot, "");
  if (!file && errno == ELOOP) return closed(account, batch, boot, "it is a symbolic link");
  if (!file) return Error::system("cannot open the spool file '" + path + "'", errno);
  std::string damage = objection_to(file);
  protocol::FrameSplitter splitter('\n', bounds.line_bytes);
  while (damage.empty()) {
    const ssize_t count = read(file.get(), splitter.prepare(read_size), read_size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error::system("cannot read the spool file '" + path + "'", errno);
    if (count == 0) break;
    splitter.commit(static_cast<std::size_t>(count));
    damage = take_lines(splitter, account);
  }
  return closed(account, batch, boot, std::move(damage));
}

SpoolBoot boot_of(const os::ProcessIdentity& worker) {
  const std::string current = os::current_boot_id();
  return !current.empty() && worker.boot_id == current ? SpoolBoot::ours : SpoolBoot::another;
}

std::string spool_file_name(const spool::Header& batch, const os::ProcessIdentity& worker) {
  std::string name;
  for (const std::string& part : {std::to_string(batch.job.number), std::to_string(batch.first),
                                  std::to_string(batch.attempt), std::to_string(worker.pid)})
    name += part + "-";
  return name + std::to_string(worker.started) + ".spool";
}

}  // namespace procpool::pool
