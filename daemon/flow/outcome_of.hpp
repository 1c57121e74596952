#pragma once

#include "common/job/outcome.hpp"
#include "common/protocol/worker_message.hpp"

namespace procpool::flow {

/// What a worker's answer says; whose tasks they are it does not.
Outcome outcome_of(const worker_message::Succeeded& answer);
Outcome outcome_of(const worker_message::Ended& answer);

}  // namespace procpool::flow
