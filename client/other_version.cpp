#include "client/other_version.hpp"

#include <poll.h>

#include <optional>

#include "client/connection.hpp"
#include "client/shown.hpp"
#include "common/json/object_reader.hpp"
#include "common/version.hpp"

namespace procpool::client {
namespace {

constexpr int patience = 1000;  // with a daemon that may not answer [ms]

/// The version that the daemon says it has; nothing if it does not say.
std::optional<std::string> version_of_daemon(const std::string& socket_path) {
  auto connection = Connection::open(socket_path);
  if (!connection || !connection->send(R"({"method":"org.varlink.service.GetInfo"})")) return std::nullopt;
  pollfd answer{connection->descriptor(), POLLIN, 0};
  if (poll(&answer, 1, patience) <= 0) return std::nullopt;
  const auto reply = expect_success(connection->receive());
  if (!reply) return std::nullopt;
  json::ObjectReader in(reply->parameters);
  if (in.string_or_empty("product") != "procpoold") return std::nullopt;
  return in.optional_string("version");
}

/// A method or a member that is not known, or an answer that is not understood. What the
/// operating system has said has nothing to do with it.
bool may_come_of_versions(const Error& error) {
  if (error.saved_errno() != 0) return false;
  return error.code() == ErrorCode::invalid_parameter || error.code() == ErrorCode::connection_lost ||
         error.code() == ErrorCode::system;
}

}  // namespace

Error with_other_version(const Error& error, const std::string& socket_path) {
  if (!may_come_of_versions(error)) return error;
  const auto theirs = version_of_daemon(socket_path);
  if (!theirs || *theirs == version) return error;
  return {error.code(), error.message() + "; the daemon on " + socket_path + " is of version " +
                            shown(*theirs) + " and this is " + std::string(version) +
                            ": 'procpool daemon drain' lets its jobs end, and the next one is of the version "
                            "that is installed"};
}

}  // namespace procpool::client
