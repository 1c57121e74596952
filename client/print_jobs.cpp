#include "client/print_jobs.hpp"

#include <cstdint>
#include <utility>

#include "client/facts.hpp"
#include "client/print_limits.hpp"
#include "client/table.hpp"

namespace procpool::client {
namespace {

constexpr std::pair<std::string_view, std::string_view> states[] = {
    {"queued", "queued"}, {"running", "running"},          {"succeeded", "succeeded"},
    {"failed", "failed"}, {"timed_out", "timed out"},      {"cancelled", "cancelled"},
    {"lost", "lost"},     {"not_launched", "not launched"}};

struct Counts {
  std::int64_t all = 0;
  std::int64_t ended = 0;
  std::string in_words;  // "3 succeeded, 1 failed"
};

Counts counts_of(Facts& job) {
  Counts counts;
  const auto object = job.object("tasks");
  if (!object) return counts;
  Facts tasks(*object);
  for (const auto& [name, word] : states) {
    const std::int64_t count = tasks.count(name);
    counts.all += count;
    if (name != "queued" && name != "running") counts.ended += count;
    if (count == 0) continue;
    if (!counts.in_words.empty()) counts.in_words += ", ";
    counts.in_words += std::to_string(count) + " " + std::string(word);
  }
  return counts;
}

std::string work_of(Facts& job) {
  constexpr std::size_t longest = 48;
  std::string work = job.text("function");
  if (work.empty()) work = job.joined("argv", " ");
  if (work.size() > longest) work = work.substr(0, longest) + "...";
  return work;
}

std::string dependencies_of(Facts& job) {
  std::string text;
  for (const json::View each : job.objects("after")) {
    Facts dependency(each);
    if (!text.empty()) text += ", ";
    text += dependency.text("condition") + " of job " + dependency.number("job");
  }
  return text;
}

}  // namespace

std::string print_jobs(const std::vector<json::View>& jobs, bool coloured) {
  Table table({{"JOB", Align::right},
               {"STATE"},
               {"DONE", Align::right},
               {"AGE", Align::right},
               {"VERB"},
               {"POOL"},
               {"NAME"},
               {"WHAT"}});
  for (const json::View each : jobs) {
    Facts job(each);
    const Counts counts = counts_of(job);
    table.add({job.number("id"), job.text("state"),
               std::to_string(counts.ended) + "/" + std::to_string(counts.all), job.age("queued_at"),
               job.text("verb"), job.text("pool"), job.text("name"), work_of(job)});
  }
  return table.text(coloured);
}

std::string print_job(json::View object) {
  Facts job(object);
  FactSheet sheet;
  sheet.add("job", job.number("id"));
  sheet.add("name", job.text("name"));
  sheet.add("state", job.text("state"));
  sheet.add("reason", job.text("reason"));
  sheet.add("waits for", job.text("waits_for"));
  sheet.add("verb", job.text("verb"));
  sheet.add("function", job.text("function"));
  sheet.add("command", job.joined("argv", " "));
  sheet.add("pool", job.text("pool"));
  sheet.add("tasks", counts_of(job).in_words);
  sheet.add("priority", job.number("priority"));
  sheet.add("limits", limits_of(job));
  sheet.add("retries", job.number("retries"));
  sheet.add("halt", job.text("halt"));
  sheet.add("after", dependencies_of(job));
  sheet.add("not before", job.time("not_before"));
  sheet.add("unique", job.text("unique"));
  sheet.add("queued", job.time("queued_at"));
  sheet.add("started", job.time("started_at"));
  sheet.add("ended", job.time("ended_at"));
  for (const json::View each : job.objects("callback_failures")) {
    Facts failure(each);
    const std::string index = failure.number("index");
    sheet.add("callback failed", failure.text("event") + (index.empty() ? "" : " of task " + index) + ": " +
                                     failure.text("reason"));
  }
  return sheet.take();
}

}  // namespace procpool::client
