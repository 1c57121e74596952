#pragma once

#include <vector>

#include "common/job/retry_policy.hpp"
#include "common/job/start.hpp"
#include "common/json/object_reader.hpp"
#include "common/json/writer.hpp"

/// The members of a JobSpec about when a job starts, and how often. What is as it is by
/// itself is not written.
namespace procpool::protocol {

void write_retry(json::Writer& out, const RetryPolicy& retry);
void write_start(json::Writer& out, const StartConditions& start);
void write_unique(json::Writer& out, const Uniqueness& unique);
/// The member `after`, if there are any.
void write_dependencies(json::Writer& out, const std::vector<Dependency>& after);

/// Problems are noted in `in`.
RetryPolicy read_retry(json::ObjectReader& in);
StartConditions read_start(json::ObjectReader& in);
Uniqueness read_unique(json::ObjectReader& in);

}  // namespace procpool::protocol
