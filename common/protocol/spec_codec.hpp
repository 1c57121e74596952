#pragma once

#include <optional>
#include <string>

#include "common/job/pool_spec.hpp"
#include "common/job/spec.hpp"
#include "common/json/object_reader.hpp"
#include "common/json/writer.hpp"

/// JobSpec and PoolSpec to and from JSON, as io.procpool.varlink describes them.
namespace procpool::protocol {

enum class Environment { written, left_out };
void write_job_spec(json::Writer& out, const JobSpec& spec, Environment environment = Environment::written);
/// Problems are noted in `outer` under the member `name`.
JobSpec read_job_spec(json::ObjectReader& outer, std::string_view name);

void write_pool_spec(json::Writer& out, const PoolSpec& spec);
PoolSpec read_pool_spec(json::ObjectReader& outer, std::string_view name);

/// One spec alone. Reading gives nothing for what was not written so.
std::string to_json(const JobSpec& spec, Environment environment = Environment::written);
std::string to_json(const PoolSpec& spec);
std::optional<JobSpec> job_spec_in(std::string_view json);
std::optional<PoolSpec> pool_spec_in(std::string_view json);

}  // namespace procpool::protocol
