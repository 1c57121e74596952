// Who starts a program again and again remembers where it is, and is never wrong by that.

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "common/os/program_search.hpp"
#include "tests/support/child_output.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool::test;
namespace os = procpool::os;

namespace {

/// Two directories of programs along a search path, and a plan for `greet`.
struct TwoPlaces {
  TemporaryDirectory directory;
  os::ProgramSearch search;
  os::ChildPlan plan;

  TwoPlaces() {
    for (const char* name : {"first", "second"}) std::filesystem::create_directory(directory.path(name));
    plan.argv = {"greet"};
    plan.search_path = directory.path("first") + ":" + directory.path("second");
    plan.search = &search;
  }

  void put(const std::string& place, const std::string& word) {
    directory.write(place, "#!/bin/sh\necho " + word + "\n", true);
  }
  void remove(const std::string& place) { std::filesystem::remove(directory.path(place)); }
  std::string greeting() { return run_to_end(plan).out; }
};

}  // namespace

TEST_CASE("a program that was found is looked for first where it was") {
  const ProcessAudit audit;
  TwoPlaces places;
  places.put("second/greet", "second");
  CHECK(places.greeting() == "second\n");
  CHECK(places.search.candidates()[0] == places.directory.path("second/greet"));
  CHECK(places.search.candidates()[1] == places.directory.path("first/greet"));
  places.put("first/greet", "first");
  CHECK(places.greeting() == "second\n");
}

TEST_CASE("a program that is not where it was is looked for along the whole search path") {
  const ProcessAudit audit;
  TwoPlaces places;
  places.put("second/greet", "second");
  CHECK(places.greeting() == "second\n");
  places.remove("second/greet");
  CHECK(launch_failure(places.plan).saved_errno == ENOENT);
  places.put("first/greet", "first");
  CHECK(places.greeting() == "first\n");
  places.put("second/greet", "second");
  CHECK(places.greeting() == "first\n");
}

TEST_CASE("a program that was replaced is the new one, and one that may not be executed is passed over") {
  const ProcessAudit audit;
  TwoPlaces places;
  places.put("second/greet", "old");
  CHECK(places.greeting() == "old\n");
  places.remove("second/greet");
  places.put("second/greet", "new");
  CHECK(places.greeting() == "new\n");
  REQUIRE(chmod(places.directory.path("second/greet").c_str(), 0600) == 0);
  CHECK(launch_failure(places.plan).saved_errno == EACCES);
  places.put("first/greet", "first");
  CHECK(places.greeting() == "first\n");
}

TEST_CASE("what was found does not count for another program, search path or directory") {
  const ProcessAudit audit;
  TwoPlaces places;
  places.put("first/greet", "first");
  places.put("second/greet", "second");
  places.put("second/part", "bye");
  places.plan.search_path = "/no/such:" + places.directory.path("second");
  CHECK(places.greeting() == "second\n");
  places.plan.search_path = "/no/such:" + places.directory.path("first");
  CHECK(places.greeting() == "first\n");
  places.plan.argv = {"part"};
  CHECK(launch_failure(places.plan).saved_errno == ENOENT);
  places.plan.search_path = "/no/such:.";
  places.plan.directory = places.directory.path("second");
  CHECK(places.greeting() == "bye\n");
  places.plan.directory = places.directory.path("first");
  CHECK(launch_failure(places.plan).saved_errno == ENOENT);
}

TEST_CASE("a script without an interpreter is found again") {
  const ProcessAudit audit;
  TwoPlaces places;
  places.directory.write("second/greet", "echo \"$# $1\"\n", true);
  places.plan.argv = {"greet", "a b"};
  for (int i = 0; i < 2; ++i) CHECK(places.greeting() == "1 a b\n");
}
