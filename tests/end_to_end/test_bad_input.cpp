// What is wrong is said clearly, to the one who did it, and costs nobody else anything.

#include <doctest/doctest.h>

#include "tests/support/raw_client.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

/// The next client is served as if nothing had happened.
void check_alive(const TestDaemon& daemon) { CHECK(daemon.sh("procpool apply -- echo ok").status == 0); }

struct Mistake {
  std::string line;
  int status;
  std::string says;
};

/// It exits as it should, prints no result, and says in our name what is wrong.
void check_told(const TestDaemon& daemon, const Mistake& mistake) {
  CAPTURE(mistake.line);
  const Finished finished = daemon.sh(mistake.line);
  CHECK(finished.status == mistake.status);
  CHECK(finished.out == "");
  CHECK(finished.err.find(mistake.says) != std::string::npos);
  CHECK(finished.err.starts_with("procpool: "));
}

}  // namespace

TEST_CASE("a wrong command line exits with 2 and names what is wrong") {
  const TestDaemon daemon(command_pool(1));
  const Mistake mistakes[] = {
      {"procpool frobnicate", 2, "frobnicate"},
      {"procpool", 2, "verb"},
      {"procpool aply x", 2, "apply"},
      {"procpool apply --colour=red x", 2, "--colour"},
      {"procpool apply --timeout soon x", 2, "soon"},
      {"procpool apply --timeout -1 x", 2, "-1"},
      {"procpool map --chunksize 0 x ::: 1", 2, "0"},
      {"procpool map --chunksize some x ::: 1", 2, "some"},
      {"procpool apply --priority high x", 2, "high"},
      {"procpool apply --env NOVALUE -- true", 2, "NOVALUE"},
      {"procpool apply", 2, "function"},
      {"procpool run", 2, "command"},
      {"procpool starmap -- echo", 2, "starmap"},
      {"procpool get", 2, "job id"},
      {"procpool get seven", 2, "seven"},
      {"procpool get 0", 2, "0"},
      {"procpool wait", 2, "job id"},
      {"procpool pool", 2, "pool"},
      {"procpool pool frob x", 2, "frob"},
      {"procpool pool resize default 0", 2, "0"},
      {"procpool pool create 'a b' --workers 1", 2, "name"},
      {"procpool call", 2, "call"},
      {"procpool call GetStatus '{'", 2, "JSON"},
      {"procpool jobs --state sleeping", 2, "sleeping"},
  };
  for (const Mistake& mistake : mistakes) check_told(daemon, mistake);
  check_alive(daemon);
}

TEST_CASE("what the daemon refuses exits with 125 and names what is not there") {
  const TestDaemon daemon(command_pool(1));
  const Mistake mistakes[] = {
      {"procpool apply nothing", 125, "'nothing'"},
      {"procpool apply --pool nowhere -- true", 125, "'nowhere'"},
      {"procpool map --pool default nothing ::: 1", 125, "'nothing'"},
      {"procpool get 999999", 125, "999999"},
      {"procpool show 999999", 125, "999999"},
      {"procpool ready 999999", 125, "999999"},
      {"procpool wait 999999", 125, "999999"},
      {"procpool cancel 999999", 125, "999999"},
      {"procpool pool show nowhere", 125, "'nowhere'"},
      {"procpool pool resize nowhere 2", 125, "'nowhere'"},
      {"procpool pool join default", 125, "running"},
      {"procpool pool create default --workers 1", 125, "already"},
      {"procpool pool create p --python /no/such/file.py --workers 1", 125, "/no/such/file.py"},
      {"procpool pool create p --library /no/such/library.so --workers 1", 125, "/no/such/library.so"},
      {"procpool pool create p --workers 1 -- /no/such/worker", 125, "/no/such/worker"},
      {"procpool functions --pool nowhere", 125, "'nowhere'"},
  };
  for (const Mistake& mistake : mistakes) check_told(daemon, mistake);
  check_alive(daemon);
}

TEST_CASE("without a daemon and without autostart, the message says what to do") {
  const TestDaemon daemon(command_pool(1));
  const Finished finished = daemon.sh("procpool --no-autostart --socket \"$PWD/nobody\" apply -- true");
  CHECK(finished.status == 125);
  CHECK(finished.err.find("daemon start") != std::string::npos);
}

TEST_CASE("a message that is no call closes its connection and no other") {
  const TestDaemon daemon(command_pool(1));
  RawClient bystander(daemon.path("socket"));
  const std::string nul(1, '\0');
  const std::string rubbish[] = {
      nul,
      "hello" + nul,
      "[]" + nul,
      "{}" + nul,
      "{\"method\":7}" + nul,
      "{\"method\":\"io.procpool.GetStatus\",\"parameters\":[]}" + nul,
      "{\"method\":\"io.procpool.GetStatus\",\"strange\":1}" + nul,
      "{\"method\":\"io.procpool.GetStatus\",\"method\":\"io.procpool.GetStatus\"}" + nul,
      "{\"method\":\"io.procpool.GetStatus\",\"more\":true,\"oneway\":true}" + nul,
      "{\"method\":\"io.procpool.GetStatus\"} trailing" + nul,
      "{\"method\":\"io.procpool.Get\xFFStatus\"}" + nul,
      std::string(1'000'000, '[') + nul,
      "{\"method\":\"io.procpool.Apply\",\"parameters\":{\"inputs\":" + std::string(500, '[') +
          std::string(500, ']') + "}}" + nul,
  };
  for (const std::string& message : rubbish) {
    CAPTURE(message.substr(0, 80));
    RawClient client(daemon.path("socket"));
    client.send(message);
    CHECK(client.is_closed());
  }
  CHECK(bystander.call("GetStatus", "{}").find("\"parameters\"") != std::string::npos);
  check_alive(daemon);
}

TEST_CASE("wrong types and unknown fields are refused by name, and the connection goes on") {
  const TestDaemon daemon(command_pool(1));
  RawClient client(daemon.path("socket"));
  const std::pair<const char*, const char*> calls[] = {
      {R"({"spec":{"verb":"apply","argv":"true"},"inputs":{"items":[null]}})", "spec.argv"},
      {R"({"spec":{"verb":"apply","argv":["true"],"colour":"red"},"inputs":{"items":[null]}})",
       "spec.colour"},
      {R"({"spec":{"verb":"dance","argv":["true"]},"inputs":{"items":[null]}})", "spec.verb"},
      {R"({"spec":{"verb":"apply","argv":["true"],"priority":1.5},"inputs":{"items":[null]}})",
       "spec.priority"},
      {R"({"spec":{"verb":"apply","argv":["true"],"timeout":-1},"inputs":{"items":[null]}})", "spec.timeout"},
      {R"({"spec":{"verb":"apply","argv":["true"],"function":"f"},"inputs":{"items":[null]}})",
       "spec.function"},
      {R"({"spec":{"verb":"apply","argv":["true"]},"inputs":{"items":7}})", "inputs.items"},
      {R"({"spec":{"verb":"apply","argv":["true"]},"inputs":{"items":[null]},"extra":1})", "extra"},
      {R"({"spec":{"verb":"apply","argv":["true"]}})", "inputs"},
      {R"({"inputs":{"items":[null]}})", "spec"},
  };
  for (const auto& [parameters, field] : calls) {
    CAPTURE(parameters);
    const std::string reply = client.call("Apply", parameters);
    CHECK(reply.find("org.varlink.service.InvalidParameter") != std::string::npos);
    CHECK(reply.find(std::string("\"parameter\":\"") + field + "\"") != std::string::npos);
  }
  CHECK(client.call("GetStatus", "{}").find("\"version\"") != std::string::npos);
}

TEST_CASE("inputs that do not fit the verb are refused") {
  const TestDaemon daemon(command_pool(1));
  RawClient client(daemon.path("socket"));
  const std::pair<const char*, const char*> calls[] = {
      {R"({"spec":{"verb":"apply","argv":["true"]},"inputs":{"items":[null,null]}})", "must be one"},
      {R"({"spec":{"verb":"apply","argv":["true"]},"inputs":{"items":[7]}})", "must be strings"},
      {R"({"spec":{"verb":"run","argv":["true"]},"inputs":{"items":[null]}})", "three descriptors"},
  };
  for (const auto& [parameters, says] : calls) {
    CAPTURE(parameters);
    CHECK(client.call("Apply", parameters).find(says) != std::string::npos);
  }
  check_alive(daemon);
}

TEST_CASE("a message at the limit passes, one byte more gets TooLarge with the limit and is cut off") {
  const TestDaemon daemon(command_pool(1) + "[limits]\nmessage_bytes = 65536\n");
  const auto message_of = [](std::size_t size) {
    std::string call = R"({"method":"io.procpool.GetStatus","parameters":{)";
    call += std::string(size - call.size() - 2, ' ') + "}}";
    return call + '\0';
  };
  RawClient good(daemon.path("socket"));
  good.send(message_of(65536));
  CHECK(good.receive().find("\"version\"") != std::string::npos);

  RawClient large(daemon.path("socket"));
  large.send(message_of(65537));
  const std::string reply = large.receive();
  CHECK(reply.find("io.procpool.TooLarge") != std::string::npos);
  CHECK(reply.find("65536") != std::string::npos);
  CHECK(large.is_closed());

  RawClient endless(daemon.path("socket"));
  while (endless.send(std::string(65536, 'x'))) {
  }
  CHECK(endless.receive().find("io.procpool.TooLarge") != std::string::npos);
  check_alive(daemon);
}

TEST_CASE("a message that is left half sent is given up") {
  const TestDaemon daemon(command_pool(1) + "[limits]\nhalf_message = 0.05\n");
  RawClient client(daemon.path("socket"));
  client.send(R"({"method":"io.procpool.Get)");
  CHECK(client.is_closed());
  RawClient idle(daemon.path("socket"));
  check_alive(daemon);
  CHECK(idle.call("GetStatus", "{}").find("\"version\"") != std::string::npos);
}

TEST_CASE("one connection too many is told so, and the others go on") {
  const TestDaemon daemon(command_pool(1) + "[limits]\nconnections = 2\n");
  RawClient one(daemon.path("socket"));
  CHECK(one.call("GetStatus", "{}") != "");
  RawClient two(daemon.path("socket"));
  CHECK(two.call("GetStatus", "{}") != "");
  RawClient three(daemon.path("socket"));
  CHECK(three.receive().find("io.procpool.TooManyConnections") != std::string::npos);
  CHECK(three.is_closed());
  CHECK(two.call("GetStatus", "{}") != "");
}

TEST_CASE("a full queue refuses the next job by name and takes jobs again when there is room") {
  const TestDaemon daemon(command_pool(1) + "[limits]\nqueued_tasks = 10\n");
  const std::string id =
      daemon.say("procpool map --async -- sh -c 'until test -e gate; do sleep 0.01; done' ::: $(seq 10)");
  const Finished refused = daemon.sh("procpool apply -- true");
  CHECK(refused.status == 125);
  CHECK(refused.err.find("queue is full") != std::string::npos);
  daemon.sh("touch gate");
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  check_alive(daemon);
}
