// Kinds of events: in the journal by their ids, in JSON by their names, and explained in
// systemd/procpoold.catalog.

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "daemon/log/event.hpp"
#include "daemon/log/record.hpp"

namespace procpool::log {
namespace {

const std::set<std::string> fields_of_lines{"MESSAGE", "PRIORITY",   "JOB_ID",    "JOB_STATE",
                                            "POOL",    "CLIENT_UID", "WORKER_PID"};

/// By id, what stands in the catalog behind it.
std::map<std::string, std::string> catalog() {
  std::ifstream file(std::string(PROCPOOL_SOURCE_DIR) + "/systemd/procpoold.catalog");
  std::map<std::string, std::string> entries;
  std::string id;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("-- ")) {
      id = line.substr(3);
      CHECK_MESSAGE(entries.emplace(id, "").second, "twice: " << id);
    } else if (!id.empty()) {
      entries[id] += line + "\n";
    }
  }
  return entries;
}

Record record(const About& about) { return {{}, LogLevel::info, about, "it happened"}; }

}  // namespace

TEST_CASE("every kind of event has a name and an id of its own, and stands at its place in the table") {
  std::set<std::string_view> names, ids;
  int place = 1;
  for (const EventKind& kind : event_kinds()) {
    CHECK(static_cast<int>(kind.event) == place++);
    CHECK(names.insert(kind.name).second);
    CHECK(ids.insert(kind.id).second);
    CHECK(std::regex_match(std::string(kind.id), std::regex("[0-9a-f]{32}")));
    CHECK(kind_of(kind.event).id == kind.id);
  }
  CHECK(place == static_cast<int>(Event::breakdown) + 1);
  CHECK(kind_of(Event::none).id.empty());
}

TEST_CASE("the catalog explains every kind of event and no other, with a subject, a page and a text") {
  const auto entries = catalog();
  CHECK(entries.size() == event_kinds().size());
  for (const EventKind& kind : event_kinds()) {
    CAPTURE(kind.name);
    const auto entry = entries.find(std::string(kind.id));
    REQUIRE(entry != entries.end());
    const std::string& text = entry->second;
    CHECK(text.starts_with("Subject: "));
    CHECK(text.find("\nDefined-By: procpool\n") != std::string::npos);
    CHECK(text.find("\nDocumentation: man:procpool") != std::string::npos);
    const std::size_t body = text.find("\n\n");
    REQUIRE(body != std::string::npos);
    CHECK(text.size() > body + 80);
  }
}

TEST_CASE("the catalog speaks of no field that a line may not have") {
  for (const auto& [id, text] : catalog()) {
    CAPTURE(id);
    const std::regex field("@([A-Z_]+)@");
    for (std::sregex_iterator found(text.begin(), text.end(), field), end; found != end; ++found)
      CHECK(fields_of_lines.contains((*found)[1].str()));
  }
}

TEST_CASE(
    "a line says of what kind it is, in each shape that has room for it, and also after the way as text") {
  const About about{.job = JobId{7}, .state = "failed", .event = Event::job_unsuccessful};
  const std::string fields = as_journal_fields(record(about));
  CHECK(fields.find("\nMESSAGE_ID=" + std::string(kind_of(Event::job_unsuccessful).id) + "\n") !=
        std::string::npos);
  CHECK(fields.find("\nJOB_STATE=failed\n") != std::string::npos);
  CHECK(as_json(record(about)).ends_with(R"("job":7,"state":"failed","event":"job_unsuccessful"})"));
  CHECK(as_text(record(about)).ends_with("it happened [job=7]"));  // it says so itself
  CHECK(as_journal_fields(record({})).find("MESSAGE_ID") == std::string::npos);
  CHECK(as_json(record({})).find("event") == std::string::npos);

  const std::string carried = packed(about, "it happened");
  Record read;
  unpack(carried, read);
  CHECK(read.about.event == Event::job_unsuccessful);
  CHECK(read.about.state == "failed");
  CHECK(read.message == "it happened");
}

}  // namespace procpool::log
