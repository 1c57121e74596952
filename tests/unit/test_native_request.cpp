#include <doctest/doctest.h>

#include <string>

#include "daemon/worker/native_request.hpp"

namespace {

using procpool::worker::read_native_request;

TEST_CASE("a batch is read with all that a native worker needs of it") {
  const std::string line =
      R"({"batch":18,"job":5,"first":100,"attempt":2,"function":"add","inputs":[[1,2],[3, 4]],"star":true,)"
      R"("kwargs":{"x":1},"measure":true})";
  const auto request = read_native_request(line);
  REQUIRE(request);
  REQUIRE(request->has_value());
  CHECK((*request)->number == 18);
  CHECK((*request)->function == "add");
  CHECK((*request)->star);
  CHECK((*request)->measure);
  CHECK((*request)->keywords == R"({"x":1})");
  CHECK((*request)->inputs_text == "[[1,2],[3, 4]]");
  REQUIRE((*request)->inputs.size() == 2);
  CHECK((*request)->inputs[1].text() == "[3, 4]");
}

TEST_CASE("what may be left out of a batch is left out") {
  const std::string line = R"({"batch":1,"function":"f","inputs":[]})";
  const auto request = read_native_request(line);
  REQUIRE(request);
  CHECK((*request)->keywords == "{}");
  CHECK_FALSE((*request)->star);
  CHECK_FALSE((*request)->measure);
  CHECK((*request)->inputs.empty());
}

TEST_CASE("messages about commands concern nobody here") {
  for (const char* const line :
       {R"({"cancel":19,"signal":"TERM"})", R"({"signal":19,"name":"INT"})", R"({"job":{"id":6}})"}) {
    const auto request = read_native_request(line);
    REQUIRE(request);
    CHECK_FALSE(request->has_value());
  }
}

TEST_CASE("what is no message of the daemon is an error") {
  for (const char* const line :
       {"", "nonsense", "[]", "{}", R"({"batch":1})", R"({"batch":1,"function":"f"})",
        R"({"batch":"1","function":"f","inputs":[]})", R"({"batch":1,"function":"f","inputs":{}})",
        R"({"batch":1,"function":"f","inputs":[],"more":1})"})
    CHECK_FALSE(read_native_request(line));
}

}  // namespace
