#pragma once

#include "client/action.hpp"
#include "client/caller.hpp"
#include "client/connection.hpp"
#include "client/feeder.hpp"
#include "client/input_reader.hpp"
#include "client/passed_outputs.hpp"
#include "client/patience.hpp"
#include "common/result.hpp"

/// What every submission of many inputs begins with.
namespace procpool::client {

/// What there is of the inputs at once: often all of them, and then one message is
/// enough for the job.
Result<InputReader::Inputs> first_inputs(const Caller& caller, const Submission& submission,
                                         InputReader& reader);

struct Submitted {
  JobId job;
  bool existed;  // one with the same key was there, which has its own inputs
};

/// Submits the job with these inputs; they count as fed. What the daemon wants its
/// submitter to know is shown. If it takes no offer of outputs, that is taken back, and the
/// connection is another one.
Result<Submitted> submit_first(const Caller& caller, Connection& connection, const JobSpec& spec,
                               InputReader::Inputs first, Patience patience, FeedCount& fed,
                               PassedOutputs& outputs);

}  // namespace procpool::client
