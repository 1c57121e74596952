// Arguments and values of tens of megabytes: they come through whole, go wrong as small ones do,
// and keep nobody waiting.

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>

#include "tests/support/raw_client.hpp"
#include "tests/support/test_daemon.hpp"

using namespace procpool::test;

namespace {

constexpr std::size_t megabyte = 1'000'000;

std::string apply_of(const std::string& function, const std::string& argument) {
  return R"({"spec":{"verb":"apply","function":")" + function + R"("},"inputs":{"items":[[)" + argument +
         "]]}}";
}

std::string call_of(const std::string& parameters) {
  return R"({"method":"io.procpool.Apply","parameters":)" + parameters + "}" + '\0';
}

std::string string_of(std::size_t size, char filling = 'x') { return '"' + std::string(size, filling) + '"'; }

/// The record's value, by its place: a parser would take longer than the call.
bool has_value(const std::string& reply, const std::string& value) {
  const auto at = reply.find(R"("value":)");
  return reply.find(R"("state":"succeeded")") < at && reply.compare(at + 8, value.size(), value) == 0;
}

}  // namespace

TEST_CASE("while a call of 50 MB is under way, other clients' calls are answered") {
  const TestDaemon daemon(native_pool(2));
  const std::string socket = daemon.path("socket");
  RawClient bystander(socket);
  std::atomic<bool> is_under_way = true;
  bool is_right = false;
  std::thread large([&] {
    RawClient client(socket);
    is_right =
        has_value(client.call("Apply", apply_of("echo", string_of(50 * megabyte))), string_of(50 * megabyte));
    is_under_way = false;
  });
  int answered = 0;
  for (; is_under_way; ++answered) {
    const std::string reply = bystander.call("Apply", apply_of("square", "12"));
    INFO(reply);
    CHECK(has_value(reply, "144"));
  }
  large.join();
  CHECK(is_right);
  CHECK(answered >= 5);
}

TEST_CASE("two calls of 20 MB at once each get their own value, and the memory is given back") {
  const TestDaemon daemon(native_pool(2));
  const std::string socket = daemon.path("socket");
  for (int round = 0; round < 2; ++round) {
    std::atomic<int> right = 0;
    std::vector<std::thread> clients;
    for (const char filling : {'a', 'b'})
      clients.emplace_back([&, filling] {
        RawClient client(socket);
        const std::string value = string_of(20 * megabyte, filling);
        if (has_value(client.call("Apply", apply_of("echo", value)), value)) ++right;
      });
    for (std::thread& client : clients) client.join();
    CHECK(right == 2);
  }
  // Each argument and each value is in it once, and what is left of it in buffers.
  check_peak_memory(daemon.pid(), 120);
}

TEST_CASE("a client that sends half of 50 MB and goes leaves nothing behind") {
  const TestDaemon daemon(native_pool(1));
  const std::string whole = call_of(apply_of("echo", string_of(50 * megabyte)));
  {
    RawClient client(daemon.path("socket"));
    CHECK(client.send(whole.substr(0, whole.size() / 2)));
  }
  RawClient other(daemon.path("socket"));
  CHECK(has_value(other.call("Apply", apply_of("square", "5")), "25"));
  CHECK(daemon.is_idle());
}

TEST_CASE("a client that goes while 50 MB are with a worker, or on their way back, leaves nothing behind") {
  const TestDaemon daemon(native_pool(1));
  const std::string whole = call_of(apply_of("echo", string_of(50 * megabyte)));
  {
    RawClient client(daemon.path("socket"));
    CHECK(client.send(whole));
  }
  {
    RawClient client(daemon.path("socket"));
    CHECK(client.send(whole));
    CHECK(client.receive_some() > 0);
  }
  CHECK(wait_until([&] { return daemon.is_idle(); }));
  RawClient other(daemon.path("socket"));
  CHECK(has_value(other.call("Apply", apply_of("square", "6")), "36"));
}

TEST_CASE("what is wrong at the end of a large message ends the connection, as in a small one") {
  const TestDaemon daemon("[log]\nlevel = \"debug\"\n" + native_pool(1));
  for (const std::string& end :
       {std::string("\xff\""), std::string("\n\""), std::string("\"]"), std::string("\\x\"")}) {
    CAPTURE(end);
    RawClient client(daemon.path("socket"));
    client.send(call_of(apply_of("echo", '"' + std::string(megabyte, 'x') + end)));
    CHECK(client.receive().empty());
  }
  RawClient deep(daemon.path("socket"));
  deep.send(call_of(apply_of("echo", string_of(megabyte) + "," + std::string(200, '['))));
  CHECK(deep.receive().find("io.procpool.TooLarge") != std::string::npos);
  CHECK(daemon.log().find("not valid JSON: not UTF-8 at byte 1000") != std::string::npos);
}

TEST_CASE("large arguments of each kind come through: lists, objects, several, with white space") {
  const TestDaemon daemon(python_pool(1));
  RawClient client(daemon.path("socket"));
  std::string list = "[0";
  while (list.size() < 3 * megabyte) list += R"(, {"a" : ["x\u00e9", 1.5, null]} )";
  list += "]";
  CHECK(client.call("Apply", apply_of("describe", " " + list + " ")).find(R"("state":"succeeded")") !=
        std::string::npos);
  const std::string two = string_of(megabyte, 'a') + " , " + string_of(megabyte, 'b');
  CHECK(client.call("Apply", apply_of("describe", two)).find(R"("state":"succeeded")") != std::string::npos);
}

TEST_CASE("a kept job of 20 MB is on the disk, and its value is read from there") {
  const TestDaemon daemon(native_pool(1));
  RawClient client(daemon.path("socket"));
  const std::string value = string_of(20 * megabyte, 'k');
  const std::string submitted =
      client.call("Submit", R"({"spec":{"verb":"apply","function":"echo","keep":true},"inputs":{"items":[[)" +
                                value + R"(]]},"last":true})");
  REQUIRE(submitted.find("\"job\":") != std::string::npos);
  const auto id = nlohmann::json::parse(submitted)["parameters"]["job"].dump();
  CHECK(daemon.sh("procpool wait " + id).status == 0);
  const std::string got = client.call("Get", R"({"job":)" + id + "}");
  CHECK(got.find(value) != std::string::npos);
}
