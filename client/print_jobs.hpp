#pragma once

#include <string>
#include <vector>

#include "common/json/view.hpp"

namespace procpool::client {

/// Jobs (type Job of the interface) as a table, newest first as they came.
std::string print_jobs(const std::vector<json::View>& jobs, bool coloured);

/// One job, a line a fact.
std::string print_job(json::View job);

}  // namespace procpool::client
