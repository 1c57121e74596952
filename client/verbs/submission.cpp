#include "client/verbs/submission.hpp"

#include <cstdint>
#include <utility>

#include "client/shown.hpp"
#include "common/json/object_reader.hpp"

namespace procpool::client {

Result<InputReader::Inputs> first_inputs(const Caller& caller, const Submission& submission,
                                         InputReader& reader) {
  if (auto good = check_readable(submission.inputs); !good) return good.error();
  if (reader.reads_terminal())
    caller.screen().notice("reading inputs from the terminal, one a line; end with Ctrl-D");
  return reader.next_at_once();
}

Result<Submitted> submit_first(const Caller& caller, Connection& connection, const JobSpec& spec,
                               InputReader::Inputs first, Patience patience, FeedCount& fed,
                               PassedOutputs& outputs) {
  request::Any submit = request::Submit{spec, std::move(first.inputs), first.last};
  auto reply = connection.call(submit, outputs.descriptors());
  while (!reply) {
    if (outputs.were_refused(reply.error())) {
      auto another = caller.connect_to_running();
      if (!another) return another.error();
      connection = *std::move(another);
      outputs.take_back(std::get<request::Submit>(submit).spec);
    } else if (!patience.waits_after(reply.error())) {
      return reply.error();
    }
    reply = connection.call(submit, outputs.descriptors());
  }
  fed.inputs = first.count;
  json::ObjectReader in(reply->parameters);
  const bool existed = in.optional_bool("existed").value_or(false);
  fed.complete = first.last || existed;
  if (const auto notice = in.optional_string("notice")) caller.screen().notice(shown(*notice));
  return Submitted{JobId{in.integer("job", 1, INT64_MAX)}, existed};
}

}  // namespace procpool::client
