#include <doctest/doctest.h>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "client/input_reader.hpp"
#include "client/wake.hpp"
#include "tests/support/processes.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/wait_until.hpp"

using namespace procpool::client;
using procpool::test::state_of;
using procpool::test::wait_until;

namespace {

/// Everything that a reader gives, one batch behind the other.
std::string all_of(InputReader& reader) {
  std::string items;
  for (;;) {
    const auto batch = reader.next_at_once();
    if (!batch) return items + "error: " + batch.error().message();
    items += batch->inputs.items;
    if (batch->last) return items;
  }
}

std::string lines_of(const std::string& text, char separator = '\n') {
  const procpool::test::TemporaryDirectory directory;
  InputReader reader(InputFiles{{directory.write("inputs", text)}, separator}, InputMeaning::json_or_text);
  return all_of(reader);
}

bool is_readable(const procpool::os::Fd& descriptor) {
  pollfd waiting{descriptor.get(), POLLIN, 0};
  return poll(&waiting, 1, 0) > 0;
}

}  // namespace

TEST_CASE("one input a line, and the last one needs no end") {
  CHECK(lines_of("1\n2\n3\n") == "[1,2,3]");
  CHECK(lines_of("1\n2\n3") == "[1,2,3]");
  CHECK(lines_of("") == "[]");
  CHECK(lines_of("\n") == R"([""])");
  CHECK(lines_of("a\n\nb\n") == R"(["a","","b"])");
}

TEST_CASE("with NULs between them inputs may have line ends") {
  CHECK(lines_of(std::string("a\nb\0c\0", 6), '\0') == R"(["a\nb","c"])");
}

TEST_CASE("the inputs behind ':::' are taken as they are") {
  InputReader reader(GivenInputs{{"*", "it's", "-v", "", "5"}}, InputMeaning::text);
  CHECK(all_of(reader) == R"(["*","it's","-v","","5"])");
  InputReader nothing(GivenInputs{}, InputMeaning::text);
  CHECK(all_of(nothing) == "[]");
}

TEST_CASE("several files are read in their order, and no line crosses from one to the next") {
  const procpool::test::TemporaryDirectory directory;
  const InputFiles files{{directory.write("a", "1\n2"), directory.write("b", "3\n")}, '\n'};
  InputReader reader(files, InputMeaning::json_or_text);
  CHECK(all_of(reader) == "[1,2,3]");
}

TEST_CASE("many inputs come in bounded batches") {
  std::vector<std::string> inputs(20'000, "1");
  InputReader reader(GivenInputs{inputs}, InputMeaning::json_or_text);
  const auto first = reader.next_at_once();
  REQUIRE(first);
  CHECK(first->count == 16384);
  CHECK_FALSE(first->last);
}

TEST_CASE("an error says where the input stands") {
  InputReader given(GivenInputs{{"1", "x"}}, InputMeaning::json);
  CHECK(all_of(given).starts_with("error: input 2 ('x') is not valid JSON"));
  const procpool::test::TemporaryDirectory directory;
  const std::string path = directory.write("inputs", "1\n2\nx\n");
  InputReader reader(InputFiles{{path}, '\n'}, InputMeaning::json);
  CHECK(all_of(reader).find("error: line 3 of '" + path + "' ('x') is not valid JSON") != std::string::npos);
}

TEST_CASE("a reader that is told to stop does not wait for its input") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const procpool::os::Fd read_end(ends[0]);
  const procpool::os::Fd write_end(ends[1]);
  const auto stop = Wake::make();
  REQUIRE(stop);
  stop->wake();
  InputReader reader(InputFiles{{"/proc/self/fd/" + std::to_string(read_end.get())}, '\n'},
                     InputMeaning::text);
  const auto nothing = reader.next(stop->descriptor());
  REQUIRE(nothing);
  CHECK(nothing->count == 0);
  CHECK_FALSE(nothing->last);
}

TEST_CASE("of two that read from one pipe, the one that got nothing can be stopped") {
  constexpr int often = 100;  // each time they may miss each other
  for (int round = 0; round < often; ++round) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const procpool::os::Fd read_end(ends[0]);
    procpool::os::Fd write_end(ends[1]);
    const auto stop = Wake::make();
    REQUIRE(stop);
    std::array<std::atomic<int>, 2> threads{};
    const auto read_one = [&](std::atomic<int>& thread) {
      thread = gettid();
      InputReader reader(InputFiles{{"/proc/self/fd/" + std::to_string(read_end.get())}, '\n'},
                         InputMeaning::text);
      const auto batch = reader.next(stop->descriptor());
      return batch ? batch->count : 0;
    };
    std::array readers{std::async(std::launch::async, read_one, std::ref(threads[0])),
                       std::async(std::launch::async, read_one, std::ref(threads[1]))};
    for (const std::atomic<int>& thread : threads)
      CHECK(wait_until([&] { return thread != 0 && state_of(thread) == 'S'; }));
    CHECK(write(write_end.get(), "a\n", 2) == 2);
    CHECK(wait_until([&] { return !is_readable(read_end); }));
    stop->wake();
    const bool have_ended = std::all_of(readers.begin(), readers.end(), [](const auto& reader) {
      return reader.wait_for(procpool::test::generous) == std::future_status::ready;
    });
    write_end.reset();
    REQUIRE(have_ended);
    CHECK(readers[0].get() + readers[1].get() == 1);
  }
}

TEST_CASE("what has come is handed on at once, however little it is") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const procpool::os::Fd read_end(ends[0]);
  procpool::os::Fd write_end(ends[1]);
  const auto stop = Wake::make();
  REQUIRE(stop);
  InputReader reader(InputFiles{{"/proc/self/fd/" + std::to_string(read_end.get())}, '\n'},
                     InputMeaning::text);
  REQUIRE(write(write_end.get(), "a\nb", 3) == 3);
  const auto first = reader.next(stop->descriptor());
  REQUIRE(first);
  CHECK(first->inputs.items == R"(["a"])");
  CHECK_FALSE(first->last);
  write_end.reset();
  const auto rest = reader.next(stop->descriptor());
  REQUIRE(rest);
  CHECK(rest->inputs.items == R"(["b"])");
  CHECK(rest->last);
}

TEST_CASE("a file that fails while it is read is named") {
  InputReader reader(InputFiles{{"/proc/self/mem"}, '\n'}, InputMeaning::text);
  CHECK(all_of(reader) == "error: cannot read '/proc/self/mem': Input/output error");
}

TEST_CASE("a file that cannot be read is found before anything is submitted") {
  CHECK_FALSE(check_readable(InputFiles{{"/nonexistent/inputs"}, '\n'}));
  CHECK(check_readable(InputFiles{{"-"}, '\n'}));
  const auto directory = check_readable(InputFiles{{"/proc"}, '\n'});
  REQUIRE_FALSE(directory);
  CHECK(directory.error().message() == "cannot read '/proc': Is a directory");
  CHECK(directory.error().code() == procpool::ErrorCode::invalid_parameter);
  CHECK(check_readable(GivenInputs{}));
}
