#pragma once

#include "daemon/store/connection.hpp"

namespace procpool::store {

/// The schema that this program writes. A database of an older one is brought forward.
inline constexpr int schema_version = 1;

/// The schema of the database, 0 for a new one. Refuses a newer schema than ours, and
/// the database of another program.
Result<std::int64_t> stored_version(Connection& connection);

/// Makes the tables of a new database, or brings those of schema `from` forward, in one
/// transaction.
Result<void> bring_up_to_date(Connection& connection, std::int64_t from);

}  // namespace procpool::store
