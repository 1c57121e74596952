#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/process_audit.hpp"
#include "tests/support/worker_driver.hpp"

namespace {

using namespace procpool;
using nlohmann::json;

std::string built(const std::string& name) { return PROCPOOL_LIB_DIR "/lib" + name + ".so"; }

/// A JSON array; braces alone would not always make one of a single element.
template <class... Elements>
json list(const Elements&... elements) {
  json array = json::array();
  (array.push_back(elements), ...);
  return array;
}

/// A batch with `star`: one task without arguments.
const json no_arguments = list(json::array());

/// A native worker with one of the libraries, which is ready.
class Native {
 public:
  explicit Native(const std::string& library, const std::vector<std::string>& more = {})
      : driver(arguments(library, more)) {
    hello = driver.hear();
  }

  void begin(const std::string& function, const json& inputs, const json& more = json::object()) {
    json batch{{"batch", ++number_},   {"job", 1},        {"first", 0}, {"attempt", 1},
               {"function", function}, {"inputs", inputs}};
    batch.update(more);
    driver.say(batch);
  }

  /// What settles the next tasks: a value, or {"error": ...}.
  std::vector<json> settled(std::size_t count) {
    std::vector<json> settled;
    while (settled.size() < count) {
      const json answer = driver.hear();
      REQUIRE(answer.is_object());
      CHECK(answer.at("batch") == number_);
      if (answer.contains("error")) settled.push_back({{"error", answer.at("error")}});
      for (const json& value : answer.value("values", json::array())) settled.push_back(value);
    }
    CHECK(settled.size() == count);
    return settled;
  }

  json batch(const std::string& function, const json& inputs, const json& more = json::object()) {
    begin(function, inputs, more);
    return settled(inputs.size());
  }

  json error(const std::string& function, const json& arguments) {
    return batch(function, json::array({arguments}), {{"star", true}}).at(0).at("error");
  }

  test::WorkerDriver driver;
  json hello;

 private:
  static std::vector<std::string> arguments(const std::string& library,
                                            const std::vector<std::string>& more) {
    std::vector<std::string> all{"native", "--library", library};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  int number_ = 0;
};

json numbers(int count) {
  json all = json::array();
  for (int i = 0; i < count; ++i) all.push_back(i);
  return all;
}

TEST_CASE("a native worker says what its library offers, takes batches, and leaves with its channel") {
  const test::ProcessAudit audit;
  Native worker(built("example_native"));
  CHECK(worker.hello.at("ready").at("batches") == true);
  CHECK(worker.hello.at("ready").at("functions").at(1) == "square");
  CHECK(worker.batch("square", list(1, 2, 3)) == list(1, 4, 9));
  CHECK(worker.batch("add", list(list(1, 2), list(3, 4.5)), {{"star", true}}) == list(3, 7.5));
  CHECK(worker.batch("noop", no_arguments, {{"star", true}}) == list(nullptr));
  CHECK(worker.batch("count_primes", list(list(0, 100)), {{"star", true}}) == list(25));
  worker.driver.close_channel();
  CHECK(worker.driver.end().exit_status == 0);
}

TEST_CASE("values of any shape come back as they were, in batches of every size") {
  Native worker(built("example_native"));
  const json values{
      1, -2.5, nullptr, true, "\xC3\xBC \"\\ \n", {{"a", {1, {2, {}}}}, {"b", nullptr}}, json::array()};
  CHECK(worker.batch("same", values) == values);
  for (const int size : {0, 1, 63, 64, 65, 999, 1000, 20000})
    CHECK(worker.batch("same", numbers(size)) == numbers(size));
}

TEST_CASE("errors stand in their places, in batches of every size") {
  Native worker(built("example_native"));
  for (const int size : {1, 10, 100, 5000}) {
    const json answers = worker.batch("fail_every_third", numbers(size));
    for (int i = 0; i < size; ++i) {
      const json& answer = answers.at(static_cast<std::size_t>(i));
      if (i % 3 != 0) {
        CHECK(answer == i);
      } else {
        CHECK(answer.at("error").at("code") == "ValueError");
        CHECK(answer.at("error").at("message") == "bad number " + std::to_string(i));
      }
    }
  }
}

TEST_CASE("arguments that do not fit, and functions that are not offered, fail their task alone") {
  Native worker(built("example_native"));
  CHECK(worker.error("square", list("x")).at("code") == "TypeError");
  CHECK(worker.error("square", list(1, 2)).at("code") == "TypeError");
  CHECK(worker.error("fail", list("words")).at("code") == "std::runtime_error");
  CHECK(worker.batch("add", list(3), {{"star", true}}).at(0).at("error").at("code") == "TypeError");
  CHECK(worker.batch("same", list(3), {{"kwargs", {{"x", 1}}}}).at(0).at("error").at("code") == "TypeError");
  const json unknown = worker.batch("nobody", list(1, 2, 3));
  for (const json& answer : unknown) CHECK(answer.at("error").at("code") == "no_such_function");
  CHECK(worker.batch("square", list(3)) == list(9));
}

TEST_CASE("exceptions of any kind are the error of their task") {
  Native worker(built("odd"));
  CHECK(worker.error("throw_out", json::array()).at("message") == "out of the library");
  CHECK(worker.error("throw_number", json::array()).at("code") == "int");
  const std::string type = worker.error("throw_own", json::array()).at("code");
  CHECK(type.ends_with("mistakes::Mistake"));
}

TEST_CASE("a value that is no JSON is an error, twenty times in a row, and the worker stays") {
  Native worker(built("odd"));
  const json twenty(20, json::array());
  for (const char* const function : {"bytes_ff", "not_a_number"})
    for (const json& answer : worker.batch(function, twenty, {{"star", true}}))
      CHECK(answer.at("error").at("code") == "invalid_value");
  CHECK(worker.error("nested", list(121)).at("code") == "invalid_value");
  CHECK(worker.batch("nested", list(120)).at(0).is_array());
}

TEST_CASE("with measure each task has what it cost") {
  Native worker(built("example_native"));
  worker.begin("fail_every_third", list(1, 3), {{"measure", true}});
  for (int i = 0; i < 2; ++i) {
    const json answer = worker.driver.hear();
    CHECK(answer.contains("error") == (i == 1));
    for (const char* const name : {"seconds", "cpu_seconds", "max_rss_kib"}) {
      const json cost = answer.at(name).is_array() ? answer.at(name).at(0) : answer.at(name);
      CHECK(cost.get<double>() >= 0);
    }
  }
}

TEST_CASE("every task before the one that ends the worker was answered") {
  for (const int where : {0, 1, 7, 15}) {
    Native worker(built("odd"));
    json inputs = json::array();
    for (int i = 0; i < 100; ++i) inputs.push_back(list(i, where));
    worker.begin("leave_at", inputs, {{"star", true}});
    CHECK(json(worker.settled(static_cast<std::size_t>(where))) == numbers(where));
    CHECK(worker.driver.hear().is_null());
    CHECK(worker.driver.end().exit_status == 99);
  }
}

TEST_CASE("slow tasks are answered one by one in large batches, too") {
  Native worker(built("odd"));
  json inputs = json::array();
  for (int i = 0; i < 2000; ++i) inputs.push_back(list(i, 30));
  worker.begin("wait_or_leave_at", inputs, {{"star", true}});
  CHECK(json(worker.settled(30)) == numbers(30));
  CHECK(worker.driver.hear().is_null());
}

TEST_CASE("what a library prints goes to standard error, and its standard input is empty") {
  Native worker(built("odd"));
  CHECK(worker.batch("print", list("hello")) == list(nullptr));
  CHECK(worker.batch("read_input", no_arguments, {{"star", true}}) == list("end"));
  worker.driver.close_channel();
  CHECK(worker.driver.end().exit_status == 0);
  const std::string printed = worker.driver.complaints();
  for (const char* const line : {"printed while it was loaded\n", "hello\n", "by number\n"})
    CHECK(printed.find(line) != std::string::npos);
}

TEST_CASE("a child that a function forked answers nothing") {
  Native worker(built("odd"));
  CHECK(worker.batch("fork_and_return", list(json::array(), json::array(), json::array()),
                     {{"star", true}}) == list(0, 0, 0));
  CHECK(worker.batch("nested", list(1)) == no_arguments);
}

TEST_CASE("an initializer runs once before the worker is ready") {
  Native worker(built("example_native"), {"--initializer", "set_up", "--initargs", R"(["good morning"])"});
  CHECK(worker.batch("greet", list("you", "all")) == list("good morning you", "good morning all"));
}

TEST_CASE("a child that an initializer forked says nothing, whether it returns or throws") {
  for (const char* const initializer : {"fork_and_return", "fork_and_throw"}) {
    const test::ProcessAudit audit;
    Native worker(built("odd"), {"--initializer", initializer});
    CHECK(worker.hello.contains("ready"));
    CHECK(worker.batch("nested", list(1)) == no_arguments);
    worker.driver.close_channel();
    CHECK(worker.driver.end().exit_status == 0);
  }
}

TEST_CASE("a worker that cannot start says why and leaves with status 1") {
  const auto reason = [](const std::string& library, const std::vector<std::string>& more) {
    Native worker(library, more);
    CHECK(worker.driver.end().exit_status == 1);
    return worker.hello.at("failed");
  };
  CHECK(reason("/nowhere/libx.so", {}).at("code") == "LoadError");
  CHECK(reason(built("example_native"), {"--initializer", "nobody"}).at("code") == "no_such_function");
  CHECK(reason(built("example_native"), {"--initializer", "set_up"}).at("code") == "TypeError");
  CHECK(reason(built("example_native"), {"--initializer", "set_up", "--initargs", "{}"}).at("code") ==
        "TypeError");
  const json failed =
      reason(built("example_native"), {"--initializer", "fail", "--initargs", R"(["no licence"])"});
  CHECK(failed.at("code") == "std::runtime_error");
  CHECK(failed.at("message") == "no licence");
}

}  // namespace
