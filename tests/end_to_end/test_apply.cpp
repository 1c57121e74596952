// apply and the handle of an asynchronous one.

#include <doctest/doctest.h>

#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

TEST_CASE("test_apply: a call gives the function's value, with positional and keyword arguments") {
  const TestDaemon daemon(python_pool(1));
  CHECK(daemon.sh("procpool apply square 12") == Finished{0, "144\n", ""});
  CHECK(daemon.sh("procpool apply tasks.power 2 10") == Finished{0, "1024\n", ""});
  CHECK(daemon.sh("procpool apply power 3 --kwargs '{\"exponent\": 3}'") == Finished{0, "27\n", ""});
  CHECK(daemon.json("apply describe 1 x '[2, {\"a\": null}]' --kwargs '{\"k\": \"v\"}'") ==
        nlohmann::json{{"arguments", {1, "x", {2, {{"a", nullptr}}}}}, {"keywords", {{"k", "v"}}}});
  CHECK(daemon.json("apply --text describe 1 true") ==
        nlohmann::json{{"arguments", {"1", "true"}}, {"keywords", nlohmann::json::object()}});
  CHECK(daemon.json("apply describe") ==
        nlohmann::json{{"arguments", nlohmann::json::array()}, {"keywords", nlohmann::json::object()}});
}

TEST_CASE("test_submit_keyword: misuse is refused, and nothing runs") {
  const TestDaemon daemon(python_pool(1));
  const auto refused = [&](const std::string& line, int status, const std::string& word) {
    CAPTURE(line);
    const Finished finished = daemon.sh("procpool " + line);
    CHECK(finished.status == status);
    CHECK(finished.out == "");
    CHECK(finished.err.starts_with("procpool: "));
    CHECK(finished.err.find(word) != std::string::npos);
  };
  refused("apply", 2, "which function");
  refused("apply square 1 --kwargs '[1]'", 2, "--kwargs");
  refused("apply square 1 --kwargs '{'", 2, "--kwargs");
  refused("apply --json-input square x", 2, "'x'");
  refused("apply --nonsense square 1", 2, "--nonsense");
  refused("aply square 1", 2, "apply");
  refused("apply squares 1", 125, "squares");
  refused("apply --pool nobody square 1", 125, "nobody");
  refused("apply square 1 2", 1, "TypeError");
  CHECK(daemon.pool("py")["workers"][0]["tasks"] == 1);
}

TEST_CASE("a function that two pools offer is an error that names both") {
  const TestDaemon daemon(python_pool(1) + native_pool(1));
  const Finished ambiguous = daemon.sh("procpool apply square 3");
  CHECK(ambiguous.status == 125);
  CHECK(ambiguous.err.find("native") != std::string::npos);
  CHECK(ambiguous.err.find("py") != std::string::npos);
  CHECK(daemon.sh("procpool apply --pool native square 3") == Finished{0, "9\n", ""});
  CHECK(daemon.sh("procpool --json functions | jq -c '.[] | select(.name == \"square\") | .pools'").out ==
        "[\"native\",\"py\"]\n");
}

TEST_CASE("test_async: the id is there at once, and get waits for the value") {
  const TestDaemon daemon(python_pool(1));
  const std::string id = daemon.say("procpool apply --async wait_for gate");
  CHECK(daemon.sh("procpool ready " + id) == Finished{1, "", ""});
  CHECK(daemon.sh("procpool successful " + id) == Finished{1, "", ""});
  Program get = daemon.start("exec procpool get " + id);
  CHECK(get.is_running());
  daemon.directory().write("gate", "");
  CHECK(get.finish() == Finished{0, "\"gate\"\n", ""});
  CHECK(daemon.sh("procpool ready " + id) == Finished{0, "", ""});
  CHECK(daemon.sh("procpool successful " + id) == Finished{0, "", ""});
  // As often as it is asked for.
  CHECK(daemon.sh("procpool get " + id) == Finished{0, "\"gate\"\n", ""});
}

TEST_CASE("test_async_timeout: get with a timeout gives up, while the job goes on") {
  const TestDaemon daemon(python_pool(1));
  const std::string id = daemon.say("procpool apply --async wait_for gate");
  for (const std::string timeout : {"0", "0.05"}) {
    const Finished gave_up = daemon.sh("procpool get --timeout " + timeout + " " + id);
    CHECK(gave_up.status == 124);
    CHECK(gave_up.out == "");
  }
  CHECK(daemon.job(id)["state"] == "running");
  daemon.directory().write("gate", "");
  CHECK(daemon.sh("procpool get --timeout 30 " + id) == Finished{0, "\"gate\"\n", ""});

  const std::string endless = daemon.say("procpool apply --async wait_for never");
  CHECK(daemon.sh("procpool get --timeout 0.05 " + endless).status == 124);
  CHECK(daemon.say("procpool pool terminate py; procpool pool join py") == "");
  CHECK(daemon.sh("procpool get " + endless).status == 1);
}

TEST_CASE("get tells of a failed job what the blocking verb would have told") {
  const TestDaemon daemon(python_pool(1) + command_pool(1));
  for (const std::string work :
       {"apply fail 3", "apply -- sh -c 'echo out; exit 7'", "map fail_every_third ::: 1 2 3",
        "imap fail_every_third ::: 3 4", "map --raw -- sh -c 'echo out; echo err >&2; exit 5' ::: 1"}) {
    CAPTURE(work);
    const auto split = work.find(' ');
    const std::string async = work.substr(0, split) + " --async" + work.substr(split);
    CHECK(daemon.sh("procpool get $(procpool " + async + ")") == daemon.sh("procpool " + work));
  }
}

TEST_CASE("test_traceback, test_wrapped_exception: an error keeps its type, its message and its traceback") {
  const TestDaemon daemon(python_pool(1));
  const Finished failed = daemon.sh("procpool apply --records fail 3");
  CHECK(failed.status == 1);
  CHECK(failed.err == "");  // the record says it
  const auto record = nlohmann::json::parse(failed.out);
  CHECK(record["state"] == "failed");
  CHECK(record["index"] == 0);
  CHECK(record["error"]["code"] == "ValueError");
  CHECK(record["error"]["message"] == "bad number 3");
  const std::string traceback = record["error"]["traceback"];
  CHECK(traceback.starts_with("Traceback (most recent call last):\n"));
  CHECK(traceback.find("tests/data/tasks.py\", line ") != std::string::npos);
  CHECK(traceback.find("raise ValueError(\"bad number %s\" % x)") != std::string::npos);
  CHECK(traceback.ends_with("ValueError: bad number 3\n"));
  // For people, on demand.
  CHECK(daemon.sh("procpool -v apply fail 3").err.find("Traceback (most recent call last)") !=
        std::string::npos);
}

TEST_CASE(
    "test_unpickleable_result: a value that cannot be encoded is a clear error, 20 times, and no worker is "
    "lost") {
  const TestDaemon daemon(python_pool(2));
  const auto before = daemon.workers("py");
  for (int i = 0; i < 20; ++i) {
    const Finished failed = daemon.sh("procpool apply unencodable " + std::to_string(i));
    CHECK(failed.status == 1);
    CHECK(failed.out == "");
    CHECK(failed.err.starts_with("procpool: task 0 failed: unencodable() returned "));
    CHECK(failed.err.find(i % 2 == 1 ? "an object of type object" : "nan") != std::string::npos);
  }
  const Finished map =
      daemon.sh("seq 20 | procpool map --records unencodable | jq -r .error.code | sort | uniq -c");
  CHECK(map.out.find("20 invalid_value") != std::string::npos);
  CHECK(daemon.workers("py") == before);
}
