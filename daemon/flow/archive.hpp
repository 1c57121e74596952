#pragma once

#include <asio/awaitable.hpp>
#include <string>
#include <vector>

#include "common/protocol/request.hpp"
#include "daemon/flow/pieces.hpp"
#include "daemon/store/reader.hpp"

namespace procpool::flow {

/// What is on the disk of kept jobs: the results of all of them, and what became of those
/// that have ended.
class Archive {
 public:
  explicit Archive(store::Reader& reader) : reader_(reader) {}

  /// Results from the cursor on, no more once there are so many bytes.
  Result<Page> read(const request::Get& get, std::size_t most_bytes);
  /// Is there nothing from the cursor on?
  Result<bool> is_at_end(const request::Get& get);

  /// Of a job that has ended; no_such_job for all others.
  Result<reply::Job> show(JobId job) { return reader_.show(job); }
  Result<std::vector<reply::Job>> list(const store::JobFilter& filter) { return reader_.list(filter); }

  /// The record of an apply, the array of records of a map, for a job all of whose tasks
  /// have ended. Others have their turn meanwhile.
  asio::awaitable<std::string> final_record(JobId job, bool single);
  /// The tasks that have ended, in that order, without the first `skip`.
  Result<std::vector<Record>> ended_tasks(JobId job, std::uint64_t skip);

  Result<store::Kept> kept() { return reader_.kept(); }

 private:
  store::Reader& reader_;
};

}  // namespace procpool::flow
