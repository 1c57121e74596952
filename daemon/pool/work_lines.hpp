#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/pool/work.hpp"

namespace procpool::pool {

/// How a worker takes its work.
struct WorkForm {
  std::int64_t number = 0;  // of the batch, or of the first task
  bool batches = false;
  bool knows_job = false;  // a worker for commands was told of this job
};

/// What gives a worker its work, a line each or more; the descriptors of the work go with the first.
std::vector<Parts> work_lines(const Work& work, const WorkForm& form);

}  // namespace procpool::pool
