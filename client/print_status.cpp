#include "client/print_status.hpp"

#include "client/facts.hpp"
#include "client/table.hpp"

namespace procpool::client {

std::string print_status(json::View object, bool coloured) {
  Facts status(object);
  FactSheet sheet;
  sheet.add("version", status.text("version"));
  sheet.add("state", status.text("state"));
  sheet.add("pid", status.number("pid"));
  sheet.add("socket", status.text("socket"));
  sheet.add("up for", status.duration("uptime_seconds"));
  for (const char* name : {"pools", "workers", "jobs", "connections"}) sheet.add(name, status.number(name));
  sheet.add("tasks queued", status.number("tasks_queued"));
  sheet.add("tasks running", status.number("tasks_running"));
  Table limits({{"LIMIT"}, {"USED", Align::right}, {"OF", Align::right}, {"REFUSED", Align::right}});
  for (const json::View each : status.objects("limits")) {
    Facts limit(each);
    limits.add({limit.text("name"), limit.number("used"), limit.number("limit"), limit.number("refused")});
  }
  return sheet.take() + (limits.empty() ? "" : "\n" + limits.text(coloured));
}

}  // namespace procpool::client
