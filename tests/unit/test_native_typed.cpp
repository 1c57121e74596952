// The typed layer of procpool_native.hpp, called as a worker calls it.

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/native/procpool_native.hpp"

namespace {

namespace native = procpool::native;

std::int64_t add(std::int64_t a, std::int64_t b) { return a + b; }
std::uint8_t small(std::uint8_t x) { return x; }
std::uint64_t wide(std::uint64_t x) noexcept { return x; }
double half(double x) { return x / 2; }
float narrow(float x) { return x; }
bool negate(bool x) { return !x; }
std::string echo(std::string text) { return text; }
std::size_t length(std::string_view text) { return text.size(); }
const std::string& same_text(const std::string& text) {
  static std::string kept;
  return kept = text;
}
native::Json raw(const native::Json& value) { return {"[" + value.text + "]"}; }
const char* literal() { return "words"; }
const char* no_literal() { return nullptr; }
void nothing(int) {}
int throws(int) { throw std::out_of_range("too far"); }
int throws_error() { throw native::Error("ValueError", "bad number"); }
int throws_number() { throw 7; }

struct Outcome {
  std::string value;
  std::string type;
  std::string message;
};

Outcome& outcome_of(procpool_call* call) { return *static_cast<Outcome*>(call->host); }

/// What `function` does with these arguments under the name f.
template <auto function>
Outcome call(std::string_view arguments, std::string_view keywords = "{}") {
  Outcome outcome;
  procpool_call call{{arguments.data(), arguments.size()},
                     {keywords.data(), keywords.size()},
                     [](procpool_call* self, const char* json, std::size_t size) {
                       outcome_of(self).value.assign(json, size);
                     },
                     [](procpool_call* self, const char* type, std::size_t type_size, const char* message,
                        std::size_t size) {
                       outcome_of(self).type.assign(type, type_size);
                       outcome_of(self).message.assign(message, size);
                     },
                     &outcome};
  std::string name = "f";
  native::call_typed<function>(name.data(), &call);
  return outcome;
}

TEST_CASE("integers are taken and given whole, up to the ends of their types") {
  CHECK(call<add>("[1,2]").value == "3");
  CHECK(call<add>("[ -1 ,\t2\n]").value == "1");
  CHECK(call<add>("[9223372036854775807,0]").value == "9223372036854775807");
  CHECK(call<add>("[-9223372036854775808,0]").value == "-9223372036854775808");
  CHECK(call<wide>("[18446744073709551615]").value == "18446744073709551615");
  CHECK(call<add>("[-999999999999999999,0]").value == "-999999999999999999");
  CHECK(call<add>("[999999999999999999,1]").value == "1000000000000000000");
  CHECK(call<add>("[-0,0]").value == "0");
  CHECK(call<small>("[0]").value == "0");
  CHECK(call<small>("[99]").value == "99");
  CHECK(call<small>("[100]").value == "100");
  CHECK(call<small>("[255]").value == "255");
}

TEST_CASE("an integer that does not fit its type is an OverflowError") {
  CHECK(call<small>("[256]").type == "OverflowError");
  CHECK(call<small>("[-1]").message == "argument 1 does not fit into an unsigned integer of 8 bits");
  CHECK(call<add>("[0,9223372036854775808]").message ==
        "argument 2 does not fit into a signed integer of 64 bits");
}

TEST_CASE("what is not an integer is a TypeError that shows it") {
  CHECK(call<add>("[1.5,1]").type == "TypeError");
  CHECK(call<add>("[1.5,1]").message == "argument 1 must be an integer, not 1.5");
  CHECK(call<add>("[-1.5,1]").message == "argument 1 must be an integer, not -1.5");
  CHECK(call<add>("[1,1e3]").message == "argument 2 must be an integer, not 1e3");
  CHECK(call<add>("[1,\"x\"]").message == "argument 2 must be an integer, not \"x\"");
  CHECK(call<add>("[null,1]").message == "argument 1 must be an integer, not null");
  CHECK(call<add>("[1,[[\"a]\\\"\",{\"b\":\"}\"}],2]]").message.find("argument 2") == 0);
  CHECK(call<add>("[1,\"" + std::string(100, 'x') + "\"]").message ==
        "argument 2 must be an integer, not a string");
}

TEST_CASE("the number of arguments is checked") {
  CHECK(call<add>("[]").message == "f() takes 2 arguments, but 0 were given");
  CHECK(call<add>("[1]").message == "f() takes 2 arguments, but 1 was given");
  CHECK(call<add>("[1,2,[3,4],{\"a\":[5]},\"6,7\"]").message == "f() takes 2 arguments, but 5 were given");
  CHECK(call<half>("[1,2]").message == "f() takes 1 argument, but 2 were given");
  CHECK(call<literal>("[1]").message == "f() takes 0 arguments, but 1 was given");
}

TEST_CASE("there are no keyword arguments") {
  CHECK(call<half>("[1]", "{\"x\":1}").message == "f() takes no keyword arguments");
}

TEST_CASE("numbers keep their value") {
  CHECK(call<half>("[3]").value == "1.5");
  CHECK(call<half>("[0.2]").value == "0.1");
  CHECK(call<half>("[-2e300]").value == "-1e+300");
  CHECK(call<narrow>("[0.1]").value == "0.1");
  CHECK(call<half>("[1e999]").type == "OverflowError");
  CHECK(call<half>("[\"1\"]").type == "TypeError");
  CHECK(call<half>("[null]").message == "argument 1 must be a number, not null");
}

TEST_CASE("true and false") {
  CHECK(call<negate>("[true]").value == "false");
  CHECK(call<negate>("[ false ]").value == "true");
  CHECK(call<negate>("[1]").message == "argument 1 must be true or false, not 1");
}

TEST_CASE("texts go through with every escape and every plane of Unicode") {
  CHECK(call<echo>(R"(["plain"])").value == R"("plain")");
  CHECK(call<echo>(R"([""])").value == R"("")");
  CHECK(call<length>(R"(["\ud83d\ude00\u00fc\u20ac\u0041"])").value == "10");
  CHECK(call<echo>(R"(["\ud83d\ude00\u00fc\u20ac\u0041"])").value ==
        "\"\xF0\x9F\x98\x80\xC3\xBC\xE2\x82\xAC"
        "A\"");
  CHECK(call<echo>(R"(["a\"b\\c\/d\b\f\n\r\te"])").value == R"("a\"b\\c/d\u0008\u000c\u000a\u000d\u0009e")");
  CHECK(call<same_text>(R"(["reference"])").value == R"("reference")");
  CHECK(call<echo>("[3]").message == "argument 1 must be a string, not 3");
}

TEST_CASE("escapes are found wherever they stand") {
  for (std::size_t before = 0; before < 20; ++before) {
    const std::string plain(before, 'x');
    for (const char* const escape : {"\\\"", "\\\\", "\\u0001"}) {
      const std::string json = "\"" + plain + escape + plain + "\"";
      CHECK(call<echo>("[" + json + "]").value == json);
    }
  }
}

TEST_CASE("a value of any shape is passed as JSON") {
  CHECK(call<raw>("[ {\"a\":[1,\"]\"]} ]").value == "[{\"a\":[1,\"]\"]}]");
  CHECK(call<raw>("[null]").value == "[null]");
  CHECK(call<raw>("[ 12 ]").value == "[12]");
}

TEST_CASE("a function may give a literal or nothing at all") {
  CHECK(call<literal>("[]").value == "\"words\"");
  CHECK(call<no_literal>("[ ]").value == "null");
  const auto outcome = call<nothing>("[1]");
  CHECK(outcome.value.empty());
  CHECK(outcome.type.empty());
}

TEST_CASE("an exception becomes an error with the name of its type") {
  CHECK(call<throws>("[1]").type == "std::out_of_range");
  CHECK(call<throws>("[1]").message == "too far");
  CHECK(call<throws_error>("[]").type == "ValueError");
  CHECK(call<throws_error>("[]").message == "bad number");
  CHECK(call<throws_number>("[]").type == "int");
}

TEST_CASE("functions are offered under their own names, without namespace") {
  std::map<std::string, procpool_function> offered;
  procpool_registry registry{
      PROCPOOL_NATIVE_ABI,
      [](procpool_registry* self, const char* name, procpool_function function, void*) {
        static_cast<std::map<std::string, procpool_function>*>(self->host)->emplace(name, function);
      },
      &offered};
  native::offer_all<add, half, echo>(&registry, "add,\n  some::space::half , &echo");
  CHECK(offered.size() == 3);
  CHECK((offered.at("add") == &native::call_typed<add>));
  CHECK((offered.at("half") == &native::call_typed<half>));
  CHECK((offered.at("echo") == &native::call_typed<echo>));
}

}  // namespace
