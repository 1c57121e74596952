// The maps that give one list: map and starmap. The names of CPython's own tests of
// multiprocessing.Pool and concurrent.futures stand in front where a test follows one.

#include <doctest/doctest.h>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// Of 0 to `count` - 1.
nlohmann::json squares(int count) {
  auto list = nlohmann::json::array();
  for (int x = 0; x < count; ++x) list.push_back(x * x);
  return list;
}

}  // namespace

TEST_CASE("test_map, test_map_chunksize: results come in input order, whatever the size of the chunks") {
  const TestDaemon daemon(python_pool(2));
  // Smaller than the input, a part of it, as large, larger.
  for (const std::string chunksize : {"1", "7", "20", "100", "1000", "auto"}) {
    CAPTURE(chunksize);
    const Finished mapped = daemon.sh("seq 0 99 | procpool map --chunksize " + chunksize + " square");
    CHECK(mapped.status == 0);
    CHECK(nlohmann::json::parse(mapped.out) == squares(100));
  }
}

TEST_CASE("test_map_chunksize: a chunk size that is none is refused") {
  const TestDaemon daemon;
  for (const std::string chunksize : {"0", "-1", "1.5", "x", "''"}) {
    CAPTURE(chunksize);
    const Finished refused = daemon.sh("procpool map --chunksize " + chunksize + " square ::: 1");
    CHECK(refused.status == 2);
    CHECK(refused.out == "");
    CHECK(refused.err.find("--chunksize") != std::string::npos);
  }
}

TEST_CASE("test_starmap: each input is an array of arguments, with and without a chunk size") {
  const TestDaemon daemon(python_pool(2));
  CHECK(daemon.sh("procpool starmap power ::: '[2,10]' '[3,3]' '[7]'") == Finished{0, "[1024,27,49]\n", ""});
  const Finished mapped = daemon.sh("seq 0 99 | sed 's/.*/[&, 2]/' | procpool starmap --chunksize 20 power");
  CHECK(nlohmann::json::parse(mapped.out) == squares(100));
}

TEST_CASE("starmap refuses an input that is no array") {
  const TestDaemon daemon(python_pool(1));
  const Finished refused = daemon.sh("procpool starmap power ::: '[2,10]' 3");
  CHECK(refused.status == 2);
  CHECK(refused.err.find("not a JSON array") != std::string::npos);
}

TEST_CASE("test_map_async, test_starmap_async: the handle gives the ordered list") {
  const TestDaemon daemon(python_pool(2));
  CHECK(daemon.say("procpool get $(seq 5 | procpool map --async square)") == "[1,4,9,16,25]");
  CHECK(daemon.say("procpool get $(procpool starmap --async power ::: '[2,3]' '[3,2]')") == "[8,9]");
}

TEST_CASE("test_map_chunksize, test_empty_iterable: a map of nothing gives nothing, at once") {
  const TestDaemon daemon(python_pool(1));
  for (const std::string verb : {"map", "starmap", "map --chunksize 20", "starmap --chunksize 1"}) {
    CAPTURE(verb);
    CHECK(daemon.sh("procpool " + verb + " square </dev/null") == Finished{0, "[]\n", ""});
    CHECK(daemon.sh("procpool " + verb + " square :::") == Finished{0, "[]\n", ""});
  }
  for (const std::string verb :
       {"imap", "imap_unordered", "imap --chunksize 20", "imap_unordered --chunksize 1"}) {
    CAPTURE(verb);
    CHECK(daemon.sh("procpool " + verb + " square </dev/null") == Finished{0, "", ""});
  }
  CHECK(daemon.sh("procpool get $(procpool map --async square </dev/null)") == Finished{0, "[]\n", ""});
}

TEST_CASE("test_map_unplicklable: an input that cannot be encoded is told, and the list is not begun") {
  const TestDaemon daemon(python_pool(1));
  const Finished refused = daemon.sh("printf '1\\n\\377\\n' | procpool map square");
  CHECK(refused.status == 2);
  CHECK(refused.out == "");
  CHECK(refused.err.find("line 2 of standard input") != std::string::npos);
  CHECK(refused.err.find("UTF-8") != std::string::npos);
  CHECK(daemon.sh("procpool map square ::: 1") == Finished{0, "[1]\n", ""});
}

TEST_CASE("test_map_handle_iterable_exception: an error of the source of the inputs reaches the caller") {
  const TestDaemon daemon(python_pool(1));
  const auto last_word = [&](const std::string& line) {
    const Finished failed = daemon.sh(line);
    CHECK(failed.status == 2);
    CHECK(failed.out == "");
    return failed.err;
  };
  SUBCASE("a file that is not there") {
    CHECK(last_word("procpool map -a missing square").find("'missing'") != std::string::npos);
  }
  SUBCASE("the first input") {
    CHECK(last_word("printf 'oops\\n1\\n' | procpool map --json-input square").find("line 1") !=
          std::string::npos);
  }
  SUBCASE("one in the middle") {
    CHECK(last_word("(seq 5000; echo oops; seq 5000) | procpool map --json-input square").find("line 5001") !=
          std::string::npos);
  }
  // And the pool works again.
  CHECK(daemon.sh("procpool map square ::: 3") == Finished{0, "[9]\n", ""});
  CHECK(wait_until([&] { return daemon.is_idle(); }));
}

TEST_CASE("a task that fails has its place in the list, and a line on standard error") {
  const TestDaemon daemon(python_pool(2));
  CHECK(daemon.sh("procpool map fail_every_third ::: 1 2 3 4") ==
        Finished{1, "[1,2,null,4]\n", "procpool: task 2 failed: ValueError: bad number 3\n"});
}

TEST_CASE("test_map_no_failfast: an early failure, and large ones, keep nobody from the end") {
  const TestDaemon daemon(python_pool(3));
  const std::string id =
      daemon.say("procpool map --async --chunksize 1 fail_at_length ::: 0 1000000 0 1000000");
  const std::string naps = daemon.say("procpool map --async --chunksize 1 nap ::: 0.05 0.05 0.05 0.05");
  CHECK(daemon.say("procpool pool close py; procpool pool join py") == "");
  CHECK(daemon.sh("procpool get " + naps) == Finished{0, "[0.05,0.05,0.05,0.05]\n", ""});
  const Finished failed = daemon.sh("procpool get " + id);
  CHECK(failed.status == 1);
  CHECK(failed.out == "[null,null,null,null]\n");
}

TEST_CASE("JSON, text, keywords: what an input is, is the caller's to say") {
  const TestDaemon daemon(python_pool(1));
  const auto mapped = [&](const std::string& line) { return nlohmann::json::parse(daemon.say(line)); };
  const auto call = [](const nlohmann::json& argument,
                       const nlohmann::json& keywords = nlohmann::json::object()) {
    return nlohmann::json{{"arguments", {argument}}, {"keywords", keywords}};
  };
  CHECK(mapped("procpool map describe ::: 1 '\"1\"' x '[1, 2]' null ''") ==
        nlohmann::json{call(1), call("1"), call("x"), call({1, 2}), call(nullptr), call("")});
  CHECK(mapped("procpool map --text describe ::: 1 '[1, 2]'") == nlohmann::json{call("1"), call("[1, 2]")});
  CHECK(mapped("procpool map --kwargs '{\"delay\": 2}' describe ::: 1") ==
        nlohmann::json{call(1, {{"delay", 2}})});
  CHECK(mapped("printf 'a\\nb\\0c' | procpool map -0 describe") == nlohmann::json{call("a\nb"), call("c")});
  CHECK(mapped("echo 1 > one; printf 2 > two; procpool map -a one -a two describe") ==
        nlohmann::json{call(1), call(2)});
}
