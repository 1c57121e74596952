#pragma once

#include <string>
#include <string_view>

namespace procpool::client {

/// `procpool --help`.
std::string general_help();

/// The help of one verb; `options` is their list. A group of verbs ("pool") has the
/// list of its members instead. Precondition: the verb or the group exists.
std::string verb_help(std::string_view verb, std::string_view options);
std::string group_help(std::string_view group);

/// What `procpool --version` prints: "procpool 0.1.0", and what it speaks and was built with.
std::string version_text();

}  // namespace procpool::client
