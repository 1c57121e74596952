#include "client/print_status.hpp"

#include "client/facts.hpp"
#include "client/table.hpp"
#include "common/counted.hpp"

namespace procpool::client {
namespace {

std::string with(const std::string& text, std::string_view separator, const std::string& more) {
  return more.empty() ? text : text + std::string(separator) + more;
}

std::string number_of(Facts& status, std::string_view name, const std::string& one) {
  return counted(static_cast<std::uint64_t>(status.count(name)), one);
}

std::string workers(Facts& status) {
  return with(status.number("workers") + " in " + number_of(status, "pools", "pool"),
              "; broken: ", status.joined("broken_pools", ", "));
}

std::string tasks(Facts& status) {
  return status.number("tasks_running") + " running, " + status.number("tasks_queued") + " queued, of " +
         number_of(status, "jobs", "open job");
}

std::string oldest_waiting(Facts& status) {
  const auto object = status.object("oldest_waiting");
  if (!object) return "";
  Facts job(*object);
  return with("job " + job.number("job"), ", ", job.text("name")) + " in pool " + job.text("pool") +
         ", for " + with(job.age("queued_at"), ": waits for ", job.text("waits_for"));
}

/// What a kept job is promised, and where it is.
std::string durability(Facts& disk) {
  const std::string state = disk.text("state");
  const std::string why = disk.text("reason");
  if (state == "good") return "on the disk, synced, before they have an id";
  if (state == "full") return with("refused as long as the disk is full", ": ", why);
  return with("refused until the daemon is started again", ": ", why);
}

std::string space(Facts& disk) {
  std::string text = disk.text("directory");
  text = with(text, ": ", with(disk.bytes("kept_bytes"), "", " of kept jobs"));
  text = with(text, ", ", with(disk.bytes("free_bytes"), "", " free"));
  if (disk.count("unwritten_bytes") > 0) text += ", " + disk.bytes("unwritten_bytes") + " not written yet";
  return text;
}

std::string control_groups(Facts& status) {
  const std::string rung = status.text("control_group");
  const std::string why = status.text("control_group_reason");
  if (rung == "limits") return "limits (memory and processes of a task together)";
  if (rung == "tracking") return with("tracking (limits hold for each process)", ": ", why);
  return with("none (limits hold for each process)", ": ", why);
}

std::string last_error(Facts& status) {
  const auto object = status.object("last_error");
  if (!object) return "";
  Facts error(*object);
  return error.time("at") + ": " + error.text("message");
}

/// Has it ever refused something, or is four fifths of it in use? Of the free space on the
/// disk less is worse.
bool is_near(Facts& limit) {
  if (limit.count("refused") > 0) return true;
  const std::int64_t used = limit.count("used");
  const std::int64_t most = limit.count("limit");
  if (limit.text("name") == "disk_free") return used > 0 && used / 5 * 4 < most;
  return used > 0 && used >= most / 5 * 4;
}

std::string limits(Facts& status, ShownLimits which, bool coloured) {
  Table table({{"LIMIT"}, {"USED", Align::right}, {"OF", Align::right}, {"REFUSED", Align::right}});
  for (const json::View each : status.objects("limits")) {
    Facts limit(each);
    if (which == ShownLimits::all || is_near(limit))
      table.add({limit.text("name"), limit.number("used"), limit.number("limit"), limit.number("refused")});
  }
  return table.empty() ? "" : "\n" + table.text(coloured);
}

}  // namespace

std::string print_status(json::View object, ShownLimits which, bool coloured) {
  Facts status(object);
  FactSheet sheet;
  sheet.add("version", status.text("version"));
  sheet.add("state", status.text("state") + ", for " + status.duration("uptime_seconds") + ", as process " +
                         status.number("pid"));
  sheet.add("socket", status.text("socket"));
  sheet.add("connections", status.number("connections"));
  sheet.add("workers", workers(status));
  sheet.add("tasks", tasks(status));
  sheet.add("oldest waiting", oldest_waiting(status));
  if (const auto found = status.object("disk")) {
    Facts disk(*found);
    sheet.add("kept jobs", durability(disk));
    sheet.add("disk", space(disk));
  }
  sheet.add("control groups", control_groups(status));
  if (!status.flag("lingering").value_or(true))
    sheet.add("at logout", "the daemon ends; 'loginctl enable-linger' lets it go on");
  sheet.add("last error", last_error(status));
  return sheet.take() + limits(status, which, coloured);
}

}  // namespace procpool::client
