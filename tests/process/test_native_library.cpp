#include <doctest/doctest.h>

#include <string>

#include "daemon/worker/native_call.hpp"
#include "daemon/worker/native_library.hpp"
#include "tests/support/temporary_directory.hpp"

namespace {

using namespace procpool;
using worker::NativeCall;
using worker::NativeLibrary;

std::string built(const std::string& name) { return PROCPOOL_LIB_DIR "/lib" + name + ".so"; }

std::string why_refused(const std::string& path) {
  const auto library = NativeLibrary::open(path);
  REQUIRE_FALSE(library);
  CHECK(library.error().message().find(path) != std::string::npos);
  return library.error().message();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Calls functions of the library in plain C.
class PlainC {
 public:
  PlainC() : library_(NativeLibrary::open(built("plain_c")).value()) {}

  std::optional<TaskError> run(const std::string& name, std::string& out, const std::string& arguments = "[]",
                               const std::string& keywords = "{}") {
    NativeCall call;
    const auto* const function = library_.find(name);
    REQUIRE(function != nullptr);
    return call.run(name, *function, arguments, keywords, out);
  }

  std::string value(const std::string& name, const std::string& arguments = "[]",
                    const std::string& keywords = "{}") {
    std::string out = "before,";
    CHECK_FALSE(run(name, out, arguments, keywords));
    CHECK(out.starts_with("before,"));
    return out.substr(7);
  }

  TaskError error(const std::string& name) {
    std::string out = "before,";
    auto error = run(name, out);
    CHECK(out == "before,");
    REQUIRE(error);
    return *error;
  }

 private:
  NativeLibrary library_;
};

TEST_CASE("a library offers its functions in the order in which it registered them") {
  const auto library = NativeLibrary::open(built("example_native"));
  REQUIRE(library);
  REQUIRE(library->names().size() > 3);
  CHECK(library->names()[0] == "noop");
  CHECK(library->names()[1] == "square");
  CHECK(library->find("square") != nullptr);
  CHECK(library->find("nobody") == nullptr);
}

TEST_CASE("a library that cannot be used is refused with its name and the reason") {
  const test::TemporaryDirectory directory;
  CHECK(contains(why_refused("/nowhere/libx.so"), "cannot load"));
  CHECK(contains(why_refused(directory.write("libtext.so", "no library")), "cannot load"));
  CHECK(contains(why_refused(built("refused_no_symbols")), "does not define procpool_native_abi"));
  CHECK(contains(why_refused(built("refused_other_version")), "built for version 2"));
  CHECK(contains(why_refused(built("refused_no_function")), "offers no function"));
  CHECK(contains(why_refused(built("refused_same_name_twice")), "offers 'nothing' twice"));
  CHECK(contains(why_refused(built("refused_null_function")), "'nothing' is a null pointer"));
  CHECK(contains(why_refused(built("refused_throws")), "no licence"));
}

TEST_CASE("a library in plain C gives values, errors, or nothing, which is null") {
  PlainC library;
  CHECK(library.value("answer") == "42");
  CHECK(library.value("nothing") == "null");
  CHECK(library.value("arguments", "[1,\"x\"]") == "[1,\"x\"]");
  CHECK(library.value("keywords", "[]", R"({"a":1})") == R"({"a":1})");
}

TEST_CASE("what a function says last counts") {
  PlainC library;
  CHECK(library.value("change_of_mind") == "2");
  const TaskError error = library.error("value_then_error");
  CHECK(error.code == "error");
  CHECK(error.message == "after all");
}

TEST_CASE("a value that is not one JSON value is an error that names the function") {
  PlainC library;
  for (const char* const name : {"not_json", "two_values", "leading_zero", "not_utf8"}) {
    const TaskError error = library.error(name);
    CHECK(error.code == "invalid_value");
    CHECK(error.message.starts_with(std::string(name) + "() returned a value that is not valid JSON: "));
  }
}

TEST_CASE("a value never breaks the line that it is sent in") {
  PlainC library;
  CHECK(library.value("two_lines").find('\n') == std::string::npos);
}

}  // namespace
