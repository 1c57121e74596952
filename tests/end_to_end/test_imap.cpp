// imap and imap_unordered: results while the work goes on.

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

std::vector<long> numbers(const std::string& text) {
  std::vector<long> read;
  std::istringstream stream(text);
  for (long number = 0; stream >> number;) read.push_back(number);
  return read;
}

std::vector<long> squares(long count) {
  std::vector<long> list;
  for (long x = 0; x < count; ++x) list.push_back(x * x);
  return list;
}

/// The writing end of a FIFO that somebody reads as inputs.
class InputPipe {
 public:
  explicit InputPipe(const std::string& path) : pipe_(path) {}
  void write(const std::string& line) { pipe_ << line << std::endl; }
  void close() { pipe_.close(); }

 private:
  std::ofstream pipe_;
};

bool says(const Program& program, const std::string& text) {
  return wait_until([&] { return program.out() == text; });
}

}  // namespace

TEST_CASE("test_imap: 1,000 inputs in chunks of 100 come in order, and then the end") {
  const TestDaemon daemon(python_pool(3));
  for (const std::string chunksize : {"1", "100", "5000", "auto"}) {
    CAPTURE(chunksize);
    const Finished mapped = daemon.sh("seq 0 999 | procpool imap --chunksize " + chunksize + " square");
    CHECK(mapped.status == 0);
    CHECK(mapped.err == "");
    CHECK(numbers(mapped.out) == squares(1000));
  }
}

TEST_CASE("test_imap_unordered: the same values in any order, also in chunks") {
  const TestDaemon daemon(python_pool(3));
  for (const std::string chunksize : {"1", "100", "auto"}) {
    CAPTURE(chunksize);
    auto values =
        numbers(daemon.say("seq 0 999 | procpool imap_unordered --chunksize " + chunksize + " square"));
    std::sort(values.begin(), values.end());
    CHECK(values == squares(1000));
  }
}

TEST_CASE("each result is there before the next input is") {
  const TestDaemon daemon(python_pool(2));
  for (const std::string verb : {"imap", "imap_unordered"}) {
    CAPTURE(verb);
    daemon.say("rm -f in; mkfifo in");
    Program program = daemon.start("exec procpool " + verb + " square <in");
    InputPipe input(daemon.path("in"));
    input.write("1");
    CHECK(says(program, "1\n"));
    input.write("2");
    CHECK(says(program, "1\n4\n"));
    input.write("3\n4");
    CHECK(wait_until([&] { return numbers(program.out()).size() == 4; }));
    input.close();
    CHECK(program.finish().status == 0);
  }
}

TEST_CASE("imap_unordered gives what is done first; imap waits for its turn") {
  const TestDaemon daemon(python_pool(3));
  const std::string inputs = " --chunksize 1 wait_for ::: gate . .. /";
  Program unordered = daemon.start("exec procpool imap_unordered" + inputs);
  CHECK(wait_until([&] { return unordered.out().size() == std::string("\".\"\n\"..\"\n\"/\"\n").size(); }));
  Program ordered = daemon.start("exec procpool imap" + inputs);
  CHECK(wait_until([&] {
    const auto jobs = daemon.json("jobs");  // the newest first
    return (jobs.size() == 2 && jobs[0]["tasks"]["succeeded"] == 3) || !ordered.is_running();
  }));
  CHECK(ordered.out() == "");
  daemon.directory().write("gate", "");
  CHECK(unordered.finish().out.ends_with("\n\"gate\"\n"));
  CHECK(ordered.finish().out == "\"gate\"\n\".\"\n\"..\"\n\"/\"\n");
}

TEST_CASE("test_map_exception: results before a failing task are delivered, and those behind it too") {
  const TestDaemon daemon(python_pool(2));
  for (const std::string chunksize : {"1", "3", "10", "auto"}) {
    CAPTURE(chunksize);
    const Finished mapped = daemon.sh("seq 7 | procpool imap --chunksize " + chunksize + " fail_every_third");
    CHECK(mapped == Finished{1, "1\n2\n4\n5\n7\n",
                             "procpool: task 2 failed: ValueError: bad number 3\n"
                             "procpool: task 5 failed: ValueError: bad number 6\n"});
  }
}

TEST_CASE("test_imap_handle_iterable_exception: good results come first, then the error of the source") {
  const TestDaemon daemon(python_pool(2));
  const auto check = [&](const std::string& inputs, const std::string& verb, std::vector<long> expected,
                         const std::string& place) {
    CAPTURE(inputs);
    const Finished mapped = daemon.sh(inputs + " | procpool " + verb + " --json-input square");
    CHECK(mapped.status == 2);
    auto values = numbers(mapped.out);
    std::sort(values.begin(), values.end());
    CHECK(values == expected);
    CHECK(mapped.err.find(place) != std::string::npos);
  };
  for (const std::string verb : {"imap", "imap_unordered"}) {
    CAPTURE(verb);
    check("printf 'oops\\n1\\n'", verb, {}, "line 1 of standard input ('oops') is not valid JSON");
    check("(seq 0 2; echo oops; seq 9)", verb, squares(3),
          "line 4 of standard input ('oops') is not valid JSON");
    check("(seq 0 4999; echo oops; seq 9)", verb, squares(5000), "line 5001 of standard input");
    // With chunks, the error is at the begin of the chunk that it is in, or at its place.
    check("(seq 0 9; echo oops)", verb + " --chunksize 5", squares(10), "line 11 of standard input");
  }
  CHECK(daemon.sh("procpool imap -a missing square").status == 2);
  CHECK(daemon.sh("procpool imap square ::: 3") == Finished{0, "9\n", ""});
}

TEST_CASE("what came before a FIFO without a writer is worked on, and the FIFO is waited for") {
  const TestDaemon daemon(python_pool(2));
  daemon.say("mkfifo in && echo 1 >first && echo 3 >last");
  std::string written;
  SUBCASE("which has something to say") { written = "2"; }
  SUBCASE("which says nothing") {}
  Program program = daemon.start("exec procpool imap -a first -a in -a last square");
  CHECK(says(program, "1\n"));
  CHECK(program.is_running());
  InputPipe input(daemon.path("in"));
  if (!written.empty()) {
    input.write(written);
    CHECK(says(program, "1\n4\n"));
  }
  input.close();
  CHECK(program.finish() == Finished{0, written.empty() ? "1\n9\n" : "1\n4\n9\n", ""});
}
