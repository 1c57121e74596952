// wait, ready and successful.

#include <string>

#include "client/exit_status.hpp"
#include "client/reconnection.hpp"
#include "client/verbs/verbs.hpp"
#include "client/verbs/waiting.hpp"
#include "common/json/object_reader.hpp"
#include "common/json/writer.hpp"

namespace procpool::client {
namespace {

void write_ids(json::Writer& out, std::string_view name, const std::vector<std::int64_t>& ids) {
  out.key(name).begin_array();
  for (const std::int64_t id : ids) out.number(id);
  out.end_array();
}

std::string in_words(const Waited& waited, const WaitForJobs& action, bool json) {
  if (json) {
    json::Writer out;
    write_ids(out.begin_object(), "done", waited.done);
    write_ids(out, "pending", waited.pending);
    return out.end_object().take() + "\n";
  }
  std::string text;
  if (action.any)
    for (const std::int64_t id : waited.done) text += std::to_string(id) + "\n";
  return text;
}

}  // namespace

Result<int> wait(const Caller& caller, const WaitForJobs& action) {
  const Deadline deadline(action.timeout);
  auto connection = caller.connect();
  if (!connection) return connection.error();
  Reconnection reconnection(caller, *action.reconnect, deadline);
  const auto waited = reconnection.steadily(*connection, [&] {
    return wait_for_jobs(*connection, action.jobs, action.any ? WaitFor::any : WaitFor::all, deadline);
  });
  if (!waited) return waited.error();
  if (auto written = caller.output().write(in_words(*waited, action, caller.globals().json)); !written)
    return written.error();
  const bool enough = waited->pending.empty() || (action.any && !waited->done.empty());
  return enough ? exit_status::success : exit_status::out_of_time;
}

Result<int> ask_about_job(const Caller& caller, const AskAboutJob& action) {
  return caller.ask(request::ShowJob{action.job}, [&](const protocol::Reply& reply) -> Result<int> {
    json::ObjectReader in(reply.parameters);
    const auto object = in.optional_object("job");
    if (!object)
      return Error(ErrorCode::connection_lost, "the daemon's answer is not understood: it has no job");
    const auto job = protocol::decode_job(*object);
    if (!job) return job.error();
    const bool yes =
        action.question == Question::ready ? is_final(job->state) : job->state == TaskState::succeeded;
    return yes ? exit_status::success : exit_status::task_failed;
  });
}

}  // namespace procpool::client
