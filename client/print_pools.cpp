#include "client/print_pools.hpp"

#include "client/facts.hpp"
#include "client/print_limits.hpp"
#include "client/table.hpp"

namespace procpool::client {
namespace {

/// "3/4": how many workers stand, of how many there should be.
std::string standing(Facts& pool) {
  int count = 0;
  for (const json::View each : pool.objects("workers")) {
    const std::string state = Facts(each).text("state");
    if (state == "idle" || state == "busy") ++count;
  }
  return std::to_string(count) + "/" + pool.number("size");
}

/// "12 succeeded, 1 failed": what became of the tasks that have ended.
std::string ended_tasks(Facts& pool) {
  const auto object = pool.object("tasks");
  if (!object) return "";
  Facts tasks(*object);
  std::string text;
  for (const char* state : {"succeeded", "failed", "timed_out", "cancelled", "lost", "not_launched"})
    if (tasks.count(state) > 0)
      text += (text.empty() ? "" : ", ") + std::to_string(tasks.count(state)) + " " + state;
  return text;
}

}  // namespace

std::string print_pools(const std::vector<json::View>& pools, bool coloured) {
  Table table({{"POOL"},
               {"KIND"},
               {"STATE"},
               {"WORKERS", Align::right},
               {"RUNNING", Align::right},
               {"QUEUED", Align::right},
               {"JOBS", Align::right},
               {"REASON"}});
  for (const json::View each : pools) {
    Facts pool(each);
    table.add({pool.text("name"), pool.text("kind"), pool.text("state"), standing(pool),
               pool.number("running"), pool.number("queued"), pool.number("jobs"), pool.text("reason")});
  }
  return table.text(coloured);
}

std::string print_functions(const std::vector<json::View>& functions, bool coloured) {
  Table table({{"FUNCTION"}, {"POOLS"}});
  for (const json::View each : functions) {
    Facts function(each);
    table.add({function.text("name"), function.joined("pools", ", ")});
  }
  return table.text(coloured);
}

std::string print_pool(json::View object, bool coloured) {
  Facts pool(object);
  FactSheet sheet;
  for (const char* name : {"name", "kind", "state", "reason"}) sheet.add(name, pool.text(name));
  for (const char* name : {"size", "running", "queued", "jobs"}) sheet.add(name, pool.number(name));
  sheet.add("history", pool.text("history"));
  sheet.add("limits", limits_of(pool));
  sheet.add("functions", pool.joined("functions", ", "));
  sheet.add("tasks ended", ended_tasks(pool));
  sheet.add("workers started", pool.number("started"));
  sheet.add("workers lost", pool.number("lost"));
  Table workers({{"SLOT", Align::right},
                 {"PID", Align::right},
                 {"STATE"},
                 {"TASKS", Align::right},
                 {"AGE", Align::right},
                 {"JOB", Align::right}});
  for (const json::View each : pool.objects("workers")) {
    Facts worker(each);
    workers.add({worker.number("slot"), worker.number("pid"), worker.text("state"), worker.number("tasks"),
                 worker.duration("seconds"), worker.number("job")});
  }
  return sheet.take() + (workers.empty() ? "" : "\n" + workers.text(coloured));
}

}  // namespace procpool::client
