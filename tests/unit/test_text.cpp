#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "common/json/writer.hpp"
#include "common/text.hpp"

namespace procpool {
namespace {

Slice shared(const std::string& bytes) {
  const auto block = std::make_shared<const std::string>("__" + bytes + "__");
  return {std::string_view(*block).substr(2, bytes.size()), block};
}

}  // namespace

TEST_CASE("a text that keeps a slice holds its block; what is borrowed is copied") {
  Text kept;
  Text copied;
  {
    const std::string here = "borrowed";
    kept = Text(shared("shared"));
    copied = Text(Slice(here));
  }
  CHECK(kept.is_shared());
  CHECK(kept == "shared");
  CHECK_FALSE(copied.is_shared());
  CHECK(copied == "borrowed");
  const Text other = kept;
  CHECK(other.view().data() == kept.view().data());
  CHECK(copied.append(" twice") == "borrowed twice");
}

TEST_CASE("slices are carried between what is written around them") {
  json::Writer out;
  out.begin_object().carry_field("a", shared("\"one\"")).key("b").begin_array();
  out.carry(shared("2")).carry(Slice("3")).carry(shared("4")).number(5.5).end_array();
  Parts parts = out.carry_field("c", shared("{}")).end_object().take_parts();
  CHECK(parts.inserts.size() == 4);
  CHECK(parts.text == R"({"a":,"b":[,3,,5.5],"c":})");
  parts.prepend("[");
  parts.text += ']';
  CHECK(std::move(parts).flat() == R"([{"a":"one","b":[2,3,4,5.5],"c":{}}])");
}

TEST_CASE("a writer gives one string, slices or not") {
  json::Writer out;
  CHECK(out.begin_array().carry(shared("1")).carry(shared("2")).end_array().take() == "[1,2]");
}

}  // namespace procpool
