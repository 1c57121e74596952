#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "daemon/store/job_ids.hpp"
#include "daemon/store/reader.hpp"
#include "daemon/store/recovery.hpp"
#include "daemon/store/writer.hpp"

namespace procpool::store {

/// Where what has happened to a kept job is written down before it counts.
class Journal {
 public:
  virtual ~Journal() = default;
  /// As Writer::keep().
  virtual void keep(Push changes, Done done = nullptr) = 0;
  /// Where workers leave what becomes of commands that outlive the daemon; empty for
  /// nowhere.
  virtual const std::string& spool_directory() const = 0;
};

/// What lasts, as the thread of the event loop has it: it gives out the ids, takes changes
/// for the writer's thread, and shows what is on the disk.
///
///     disk   | what somebody asks for | what has happened already | what leads out of it
///     -------+------------------------+---------------------------+---------------------
///     good   | is written             | is written                | a full disk, a failure
///     full   | is refused: disk_full  | waits, and is tried again | room
///     failed | is refused: system     | is lost with this process | nothing
class Store : public Journal {
 public:
  /// Claims the directory, which is made if it is missing, for the daemon at that socket.
  static Result<std::unique_ptr<Store>> open(const std::string& directory, const std::string& socket,
                                             RetentionRule retention, Writer::Post post);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  Result<JobId> new_job_id() { return ids_.take(); }
  /// Can new_job_id() give one, or has the disk said why not?
  bool has_answered() const { return ids_.has_some() || disk_is_full() || failed(); }
  /// Who is told when it has.
  void on_answer(std::function<void()> told) { ids_.on_answer(std::move(told)); }

  /// As Writer has them.
  void push(Push changes, Done done) { writer_.push(std::move(changes), std::move(done)); }
  void keep(Push changes, Done done = nullptr) override { writer_.keep(std::move(changes), std::move(done)); }
  const std::string& spool_directory() const override { return spool_directory_; }
  /// Who is told when the disk changes.
  void on_disk_changed(Writer::DiskChanged told) { disk_changed_ = std::move(told); }
  void set_retention(RetentionRule rule) { writer_.set_retention(rule); }

  Reader& reader() { return *reader_; }
  /// Everything that is not at its end. Before the first change.
  Result<std::unique_ptr<Recovery>> recovery() const { return Recovery::open(directory_); }

  /// Writes what waits. Nothing is taken from here on.
  void close();

  /// The state directory, without symbolic links.
  const std::string& directory() const { return directory_; }
  /// What is left for us on its file system. [bytes] Nothing if it cannot be known.
  std::optional<std::uint64_t> free_bytes() const;
  bool disk_is_full() const { return writer_.disk_is_full(); }
  std::optional<Error> failed() const { return writer_.failed(); }
  /// The same, once it was looked whether the files are still in their place.
  std::optional<Error> failed_by_now();
  std::uint64_t unwritten_bytes() const { return writer_.waiting_bytes(); }
  /// Jobs that the retention rule has taken away.
  std::uint64_t expired_jobs() const { return expired_; }

 private:
  Store(std::unique_ptr<Database> database, std::unique_ptr<Reader> reader, JobId next, Writer::Post post,
        RetentionRule retention);

  std::string directory_;
  std::string spool_directory_;
  FilesInPlace files_in_place_;
  std::unique_ptr<Reader> reader_;
  std::uint64_t expired_ = 0;
  Writer::DiskChanged disk_changed_;
  Writer writer_;
  JobIds ids_;
};

}  // namespace procpool::store
