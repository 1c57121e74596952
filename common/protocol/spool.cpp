#include "common/protocol/spool.hpp"

#include <limits>
#include <type_traits>

#include "common/json/object_reader.hpp"
#include "common/json/writer.hpp"
#include "common/overloaded.hpp"

namespace procpool::spool {
namespace {

constexpr std::int64_t format = 1;
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

Error no_line() { return {ErrorCode::invalid_parameter, "not a line of a spool file"}; }

std::optional<ControlGroup> control_group_named(std::string_view name) {
  for (const ControlGroup rung : {ControlGroup::limits, ControlGroup::tracking, ControlGroup::none})
    if (name_of(rung) == name) return rung;
  return std::nullopt;
}

Result<Line> answer_of(std::string_view line) {
  auto message = worker_message::decode_from_worker(line);
  if (!message) return message.error();
  return std::visit(Overloaded{
                        [](worker_message::Ready&) -> Result<Line> { return no_line(); },
                        [](worker_message::StartFailed&) -> Result<Line> { return no_line(); },
                        [](auto& answer) -> Result<Line> { return Line(std::move(answer)); },
                    },
                    *message);
}

}  // namespace

std::string encode(const Header& header) {
  json::Writer out;
  out.begin_object().field("spool", format).field("job", header.job.number).field("first", header.first);
  out.field("count", header.count).field("attempt", header.attempt);
  if (header.control_group) out.field("control_group", name_of(*header.control_group));
  return out.end_object().take();
}

std::string encode(const Begun& begun) {
  json::Writer out;
  return out.begin_object().field("begun", begun.index).end_object().take();
}

Result<Line> decode(std::string_view line) {
  const auto checked = json::check(line);
  if (!checked) return checked.error();
  if (checked->kind() != json::Kind::object) return no_line();
  json::ObjectReader in(*checked);
  if (in.optional_int("spool", format, format)) {
    Header header{JobId{in.integer("job", 0, most)}, static_cast<std::uint64_t>(in.integer("first", 0, most)),
                  static_cast<std::uint64_t>(in.integer("count", 0, most)),
                  static_cast<int>(in.integer("attempt", 1, std::numeric_limits<int>::max()))};
    if (const auto rung = in.optional_string("control_group")) {
      header.control_group = control_group_named(*rung);
      if (!header.control_group) return no_line();
    }
    if (const auto good = in.finish(); !good) return good.error();
    return Line(header);
  }
  if (const auto index = in.optional_int("begun", 0, most)) {
    if (const auto good = in.finish(); !good) return good.error();
    return Line(Begun{static_cast<std::uint64_t>(*index)});
  }
  return answer_of(line);
}

}  // namespace procpool::spool
