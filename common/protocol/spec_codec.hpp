#pragma once

#include "common/job/pool_spec.hpp"
#include "common/job/spec.hpp"
#include "common/json/object_reader.hpp"
#include "common/json/writer.hpp"

/// JobSpec and PoolSpec to and from JSON, as io.procpool.varlink describes them.
namespace procpool::protocol {

void write_job_spec(json::Writer& out, const JobSpec& spec);
/// Problems are noted in `outer` under the member `name`.
JobSpec read_job_spec(json::ObjectReader& outer, std::string_view name);

void write_pool_spec(json::Writer& out, const PoolSpec& spec);
PoolSpec read_pool_spec(json::ObjectReader& outer, std::string_view name);

}  // namespace procpool::protocol
