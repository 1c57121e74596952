#include "common/protocol/start_codec.hpp"

#include <limits>

#include "common/protocol/time_text.hpp"

namespace procpool::protocol {
namespace {

constexpr double longest_delay = 1e9;  // [s]; some thirty years
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

Dependency read_dependency(json::ObjectReader& outer, json::View object) {
  Dependency dependency;
  if (object.kind() != json::Kind::object) {
    outer.reject("after", "must be an array of objects");
    return dependency;
  }
  json::ObjectReader in(object);
  dependency.job = JobId{in.integer("job", 1, most)};
  if (const auto word = in.optional_string("condition")) {
    const auto condition = end_condition_named(*word);
    if (!condition) in.reject("condition", "must be success, failure or any");
    dependency.condition = condition.value_or(EndCondition::success);
  }
  if (const auto good = in.finish(); !good)
    outer.reject("after", "has an entry that is wrong: " + good.error().message());
  return dependency;
}

}  // namespace

void write_retry(json::Writer& out, const RetryPolicy& retry) {
  if (retry == RetryPolicy{}) return;
  out.field("retries", retry.count).field("retry_delay", retry.delay.count());
  if (retry.on.empty()) return;
  out.key("retry_on").begin_array();
  for (const RetryCondition& condition : retry.on) out.string(text_of(condition));
  out.end_array();
}

RetryPolicy read_retry(json::ObjectReader& in) {
  RetryPolicy retry;
  const auto count = in.optional_int("retries", 0, most_retries);
  retry.delay =
      std::chrono::duration<double>(in.optional_number("retry_delay", 0, longest_retry_delay).value_or(1));
  const auto conditions = in.optional_strings("retry_on").value_or(std::vector<std::string>());
  if (conditions.size() > most_retry_conditions)
    in.reject("retry_on", "has more than " + std::to_string(most_retry_conditions) + " entries");
  for (const std::string& text : conditions) {
    auto condition = parse_retry_condition(text);
    if (!condition) {
      in.reject("retry_on", condition.error().message());
      break;
    }
    retry.on.push_back(*std::move(condition));
  }
  retry.count = static_cast<int>(count.value_or(retry.on.empty() ? 0 : 1));
  return retry;
}

void write_dependencies(json::Writer& out, const std::vector<Dependency>& after) {
  if (after.empty()) return;
  out.key("after").begin_array();
  for (const Dependency& dependency : after) {
    out.begin_object().field("job", dependency.job.number);
    out.field("condition", name_of(dependency.condition)).end_object();
  }
  out.end_array();
}

void write_start(json::Writer& out, const StartConditions& start) {
  write_dependencies(out, start.after);
  if (start.delay) out.field("delay", start.delay->count());
  if (start.not_before) out.field("not_before", to_rfc3339(*start.not_before));
}

StartConditions read_start(json::ObjectReader& in) {
  StartConditions start;
  if (const auto after = in.optional_array("after")) {
    const auto entries = after->elements();
    if (entries.size() > most_dependencies)
      in.reject("after", "has more than " + std::to_string(most_dependencies) + " entries");
    else
      for (const json::View entry : entries) start.after.push_back(read_dependency(in, entry));
  }
  if (const auto delay = in.optional_number("delay", 0, longest_delay))
    start.delay = std::chrono::duration<double>(*delay);
  if (const auto text = in.optional_string("not_before")) {
    start.not_before = parse_rfc3339(*text);
    if (!start.not_before)
      in.reject("not_before", "must be a time like \"2026-11-21T04:04:05Z\", from " +
                                  std::to_string(first_year) + " to " + std::to_string(last_year));
  }
  if (start.delay && start.not_before) in.reject("delay", "and 'not_before' exclude each other");
  return start;
}

void write_unique(json::Writer& out, const Uniqueness& unique) {
  if (unique.key.empty()) return;
  out.field("unique", unique.key);
  if (unique.if_exists != IfExists::refuse) out.field("if_exists", name_of(unique.if_exists));
}

Uniqueness read_unique(json::ObjectReader& in) {
  Uniqueness unique;
  const auto key = in.optional_string("unique");
  if (key && (key->empty() || key->size() > longest_unique_key || key->find('\0') != std::string::npos))
    in.reject("unique", "must be 1 to " + std::to_string(longest_unique_key) + " bytes without a NUL");
  unique.key = key.value_or("");
  if (const auto word = in.optional_string("if_exists")) {
    const auto what = if_exists_named(*word);
    if (!what) in.reject("if_exists", "must be refuse or get");
    if (!key) in.reject("if_exists", "needs 'unique'");
    unique.if_exists = what.value_or(IfExists::refuse);
  }
  return unique;
}

}  // namespace procpool::protocol
