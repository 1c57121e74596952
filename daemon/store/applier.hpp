#pragma once

#include <cstdint>

#include "daemon/store/change.hpp"
#include "daemon/store/connection.hpp"
#include "daemon/store/output_files.hpp"

namespace procpool::store {

/// Writes changes into the tables, within the transaction of its caller. What a change
/// contradicts (an id that is taken, a job that is not there, a second outcome of a
/// task) is an error of the code invalid_parameter.
class Applier {
 public:
  /// An outcome of more than `largest_in_row` bytes becomes a file.
  Applier(const Connection& connection, OutputFiles& files, std::uint64_t largest_in_row);

  Result<void> apply(const Change& change);

 private:
  Result<void> write_submission(const JobAdded& added);
  Result<void> add(const JobAdded& added);
  Result<void> add(const InputsAdded& added);
  Result<void> add(const TasksStarted& started);
  Result<void> add(const TasksReturned& returned);
  Result<void> add(const OutcomeAdded& added);
  Result<void> add(const JobCancelled& cancelled);
  Result<void> add(const CallbacksRan& ran);
  Result<void> add(const JobEnded& ended);
  Result<void> add(const JobRecorded& recorded);
  Result<void> add(const JobForgotten& forgotten);
  Result<void> add(const PoolSaved& saved);
  Result<void> add(const PoolRemoved& removed);
  Result<void> add(const IdsReserved& reserved);

  Result<std::int64_t> next_seq(JobId job);
  Result<void> drop_what_ran(const JobEnded& ended);

  OutputFiles& files_;
  const std::uint64_t largest_in_row_;
  Statement add_submission_, add_job_, read_job_, update_job_, delete_job_;
  Statement add_input_, last_seq_, add_event_, add_outcome_, set_callbacks_;
  Statement delete_inputs_, delete_events_, delete_callbacks_, doom_, doom_if_there_;
  Statement set_pool_, delete_pool_, set_next_job_;
};

}  // namespace procpool::store
