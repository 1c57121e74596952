// What is printed for the results of each verb and format. The printer writes to the
// descriptors of the process, so they are files here.

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "client/result_printer.hpp"
#include "common/os/fd.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace procpool;
using namespace procpool::client;

namespace {

/// While it lives, a descriptor of the process writes to a file.
class Diverted {
 public:
  Diverted(int descriptor, const std::string& path)
      : descriptor_(descriptor), kept_(dup(descriptor)), path_(path) {
    const os::Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600));
    REQUIRE(dup2(file.get(), descriptor) == descriptor);
  }
  ~Diverted() { dup2(kept_.get(), descriptor_); }
  Diverted(const Diverted&) = delete;
  Diverted& operator=(const Diverted&) = delete;

  std::string text() const {
    std::stringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }

 private:
  int descriptor_;
  os::Fd kept_;
  std::string path_;
};

struct Printed {
  std::string out;
  std::string err;
  int status = 0;
};

/// Prints pages of results, the last of which ends the job.
Printed print(Verb verb, Format format, std::initializer_list<const char*> pages,
              Verbosity verbosity = Verbosity::normal) {
  const test::TemporaryDirectory directory;
  Printed printed;
  {
    const Diverted out(STDOUT_FILENO, directory.path("out"));
    const Diverted err(STDERR_FILENO, directory.path("err"));
    Screen screen(Color::never, verbosity);
    Output output(screen);
    ResultPrinter printer(verb, format, screen, output);
    for (const char* page : pages) {
      const auto checked = json::check(page);
      if (!checked) break;
      const auto results = protocol::decode_results(*checked);
      if (!results || !printer.take(*results)) break;
    }
    if (printer.finish()) printed.status = printer.outcome().exit_status(false);
    printed.out = out.text();
    printed.err = err.text();
  }
  return printed;
}

constexpr const char* two_values =
    R"({"pieces":[{"first":0,"values":{"items":[1,"a"]}}],"cursor":2,"done":false})";
constexpr const char* failure =
    R"({"pieces":[{"first":2,"record":{"job":1,"index":2,"state":"failed","error":{"code":"ValueError","message":"bad number 3","traceback":"Trace\nback"}}}],"cursor":3,"done":false})";
constexpr const char* last_value =
    R"({"pieces":[{"first":3,"values":{"items":[null]}}],"cursor":4,"done":false})";
constexpr const char* command_failure =
    R"({"pieces":[{"first":0,"record":{"job":1,"index":0,"state":"failed","value":{"exit":3,"signal":null,"stdout":"out\n","stderr":"err\n"},"error":{"code":"exit_status","message":"exit status 3"}}}],"cursor":1,"done":false})";
constexpr const char* cancelled =
    R"({"pieces":[{"first":2,"record":{"job":1,"index":2,"state":"cancelled","error":{"code":"cancelled","message":"the daemon is stopping"}}}],"cursor":3,"done":false})";
constexpr const char* nothing = R"({"pieces":[],"cursor":0,"done":false})";

}  // namespace

TEST_CASE("map prints one array, and null where a task has no value") {
  const auto printed = print(Verb::map, Format::values, {two_values, failure, last_value});
  CHECK(printed.out == "[1,\"a\",null,null]\n");
  CHECK(printed.err == "procpool: task 2 failed: ValueError: bad number 3\n");
  CHECK(printed.status == 1);
}

TEST_CASE("map of nothing is an empty array, imap of nothing is nothing") {
  CHECK(print(Verb::map, Format::values, {nothing}).out == "[]\n");
  CHECK(print(Verb::starmap, Format::values, {}).out == "[]\n");
  CHECK(print(Verb::imap, Format::values, {nothing}).out.empty());
}

TEST_CASE("imap prints a value a line, and no line for a task without one") {
  const auto printed = print(Verb::imap, Format::values, {two_values, failure, last_value});
  CHECK(printed.out == "1\n\"a\"\nnull\n");
  CHECK(printed.err == "procpool: task 2 failed: ValueError: bad number 3\n");
}

TEST_CASE("a value is printed even if its task failed") {
  const auto printed = print(Verb::apply, Format::values, {command_failure});
  CHECK(printed.out == R"({"exit":3,"signal":null,"stdout":"out\n","stderr":"err\n"})"
                       "\n");
  CHECK(printed.err == "procpool: task 0 failed: exit status 3\n");
  CHECK(printed.status == 3);
}

TEST_CASE("raw is what the command wrote, where it wrote it") {
  const auto printed = print(Verb::map, Format::raw, {command_failure});
  CHECK(printed.out == "out\n");
  CHECK(printed.err == "err\nprocpool: task 0 failed: exit status 3\n");
}

TEST_CASE("raw output that was cut says so") {
  const auto printed = print(
      Verb::imap, Format::raw,
      {R"({"pieces":[{"first":4,"values":{"items":[{"exit":0,"signal":null,"stdout_base64":"/w==","stdout_truncated":70,"stderr":""}]}}],"cursor":1,"done":false})"});
  CHECK(printed.out == "\xFF");
  CHECK(printed.err == "procpool: task 4: 70 bytes in the middle of its standard output were left out\n");
}

TEST_CASE("records have a line each, and failures are among them") {
  const auto printed = print(Verb::map, Format::records, {failure});
  CHECK(
      printed.out ==
      R"({"job":1,"index":2,"state":"failed","error":{"code":"ValueError","message":"bad number 3","traceback":"Trace\nback"}})"
      "\n");
  CHECK(printed.err.empty());
  CHECK(printed.status == 1);
}

TEST_CASE("the traceback is for those who want to see more") {
  CHECK(print(Verb::imap, Format::values, {failure}, Verbosity::verbose).err ==
        "procpool: task 2 failed: ValueError: bad number 3\nTrace\nback\n");
}

TEST_CASE("quiet is about notices, not about failures") {
  CHECK(print(Verb::imap, Format::values, {failure}, Verbosity::quiet).err ==
        "procpool: task 2 failed: ValueError: bad number 3\n");
}

TEST_CASE("many tasks that were cancelled are told in one line, at the end") {
  const auto printed =
      print(Verb::imap, Format::values, {cancelled, cancelled, two_values, failure, cancelled});
  CHECK(printed.out == "1\n\"a\"\n");
  CHECK(printed.err ==
        "procpool: task 2 failed: ValueError: bad number 3\n"
        "procpool: 3 tasks were cancelled: the daemon is stopping\n");
  CHECK(printed.status == 1);
  CHECK(print(Verb::map, Format::values, {cancelled, cancelled}).err ==
        "procpool: 2 tasks were cancelled: the daemon is stopping\n");
}

TEST_CASE("a single task that was cancelled is told with its number") {
  CHECK(print(Verb::imap, Format::values, {cancelled}).err ==
        "procpool: task 2 failed: the daemon is stopping\n");
}

TEST_CASE("among records every task that was cancelled has its own, and standard error has none") {
  const auto printed = print(Verb::imap, Format::records, {cancelled, cancelled});
  CHECK(std::count(printed.out.begin(), printed.out.end(), '\n') == 2);
  CHECK(printed.err.empty());
}
