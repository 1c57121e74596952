#pragma once

#include <string_view>

#include "common/error.hpp"

struct sqlite3;

namespace procpool::store {

/// The one place that knows what SQLite's codes mean to us:
///
///     code of the Error | what it says                            | what follows
///     ------------------+-----------------------------------------+---------------------------
///     disk_full         | no room; nothing was changed            | later writes may succeed
///     invalid_parameter | the change contradicts what is stored   | this one is refused
///     timed_out         | another program holds the database      | later writes may succeed
///     system            | all else: I/O, a failed sync, damage    | nothing may be written again
///
/// `connection` may be null if there is none yet.
Error sqlite_error(std::string_view doing, sqlite3* connection, int code);

/// Of the library that is loaded, as "3.40.1".
std::string_view sqlite_version();

/// Must nothing be written after this one? A sync that failed may have lost what it was
/// told to keep, and the next one would not say so. What a moment of few descriptors or
/// little memory refused was not begun.
bool ends_the_store(const Error& error);

/// May the same change be taken later, by itself? Room on the disk, a descriptor, memory or
/// another program's lock was wanting.
bool passes_by_itself(const Error& error);

}  // namespace procpool::store
