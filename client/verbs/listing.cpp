#include "client/verbs/listing.hpp"

#include "client/exit_status.hpp"
#include "common/json/object_reader.hpp"

namespace procpool::client {
namespace {

Error missing(std::string_view name) {
  return {ErrorCode::connection_lost,
          "the daemon's answer is not understood: it has no '" + std::string(name) + "'"};
}

}  // namespace

Result<int> print_text(const Caller& caller, std::string_view text) {
  if (auto written = caller.output().write(text); !written) return written.error();
  if (auto flushed = caller.output().flush(); !flushed) return flushed.error();
  return exit_status::success;
}

Result<int> print_new_job(const Caller& caller, JobId job, std::string_view text) {
  auto printed = print_text(caller, text);
  if (printed) return printed;
  const std::string id = std::to_string(job.number);
  return Error(printed.error().code(), named(job) + " is kept, and " + printed.error().message() +
                                           "; see it with 'procpool show " + id +
                                           "', or end it with 'procpool cancel " + id + "'");
}

Result<int> print_many(const Caller& caller, const request::Any& request, std::string_view name,
                       const PrintMany& print) {
  return caller.ask(request, [&](const protocol::Reply& reply) -> Result<int> {
    json::ObjectReader in(reply.parameters);
    const auto array = in.optional_array(name);
    if (!array) return missing(name);
    if (caller.globals().json) return print_text(caller, std::string(array->text()) + "\n");
    return print_text(caller, print(array->elements(), caller.screen().colours_output()));
  });
}

Result<int> print_one(const Caller& caller, const request::Any& request, std::string_view name,
                      const PrintOne& print) {
  return caller.ask(request, [&](const protocol::Reply& reply) -> Result<int> {
    json::ObjectReader in(reply.parameters);
    const auto object = in.optional_object(name);
    if (!object) return missing(name);
    if (caller.globals().json) return print_text(caller, std::string(object->text()) + "\n");
    return print_text(caller, print(*object, caller.screen().colours_output()));
  });
}

}  // namespace procpool::client
