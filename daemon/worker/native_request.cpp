#include "daemon/worker/native_request.hpp"

#include <limits>

#include "common/json/object_reader.hpp"

namespace procpool::worker {

Result<std::optional<NativeRequest>> read_native_request(std::string_view line) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const auto checked = json::check(line);
  if (!checked) return checked.error();
  json::ObjectReader in(*checked);
  const auto job = in.optional_view("job");  // a number, or what a job's commands are
  if (in.optional_view("cancel") || in.optional_view("signal") || (job && job->kind() == json::Kind::object))
    return std::optional<NativeRequest>();

  NativeRequest request;
  request.number = in.integer("batch", 0, most);
  if (job) request.job = job->text();
  request.function = in.string("function");
  request.star = in.optional_bool("star").value_or(false);
  request.measure = in.optional_bool("measure").value_or(false);
  const auto keywords = in.optional_object("kwargs");
  request.keywords = keywords ? keywords->text() : "{}";
  if (const auto inputs = in.optional_array("inputs")) {
    request.inputs = inputs->elements();
    request.inputs_text = inputs->text();
  } else {
    in.reject("inputs", "is missing");
  }
  // What a task belongs to makes no difference here.
  for (const char* const name : {"first", "attempt"}) in.optional_view(name);
  if (const auto good = in.finish(); !good) return good.error();
  return std::optional(std::move(request));
}

}  // namespace procpool::worker
