// The interface file is the one description of the API: the codec of requests is held
// against every method and every field in it.

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/json/object_reader.hpp"
#include "common/json/writer.hpp"
#include "common/protocol/interface.hpp"
#include "common/protocol/request_codec.hpp"
#include "tests/support/varlink_idl.hpp"

namespace procpool::protocol {
namespace {

using test::IdlField;
using test::IdlInterface;
using test::IdlKind;
using test::IdlType;

/// An object as a list of members that can be changed.
using Object = std::map<std::string, std::string>;

std::string text_of(const Object& object) {
  json::Writer out;
  out.begin_object();
  for (const auto& [name, value] : object) out.raw_field(name, value);
  return out.end_object().take();
}

/// A value that is good for a field: by its name where the meaning asks for it, else by its type.
std::string good_value(const IdlInterface& interface, const IdlField& field);

Object good_object(const IdlInterface& interface, const IdlType& structure) {
  Object object;
  for (const IdlField& field : structure.fields)
    if (!field.type.is_nullable) object[field.name] = good_value(interface, field);
  return object;
}

std::string good_value(const IdlInterface& interface, const IdlField& field) {
  static const std::map<std::string, std::string> by_name{
      {"spec", R"({"verb":"apply","function":"f"})"},
      {"inputs", R"({"items":[null]})"},
      {"initargs", R"({"items":[1]})"},
      {"directory", R"("/srv")"},
      {"directory_base64", R"("L3Nydg==")"},
      {"stdin_base64", R"("L3Nydg==")"},
      {"argv_base64", R"(["bHM="])"},
      {"environment_base64", R"(["QT0x"])"},
      {"argv", R"(["ls"])"},
      {"kwargs", R"({"a":1})"},
      {"retry_on", R"(["exit=75","lost"])"},
      {"not_before", R"("2026-11-21T04:04:05Z")"},
      {"halt", R"("soon,fail=10%")"},
  };
  if (const auto known = by_name.find(field.name); known != by_name.end()) return known->second;
  const IdlType type = interface.resolved(field.type);
  switch (type.kind) {
    case IdlKind::boolean: return "true";
    case IdlKind::integer: return "1";
    case IdlKind::number: return "1.5";
    case IdlKind::string: return R"("x")";
    case IdlKind::object: return "{}";
    case IdlKind::enumeration: return "\"" + type.words.front() + "\"";
    case IdlKind::array: return "[" + good_value(interface, {"", type.element.front()}) + "]";
    default: return text_of(good_object(interface, type));
  }
}

/// Values that are wrong for a field, and null where it must be there.
std::vector<std::string> wrong_values(const IdlInterface& interface, const IdlType& declared) {
  const IdlType type = interface.resolved(declared);
  std::vector<std::string> wrong;
  if (!type.is_nullable) wrong.emplace_back("null");
  const auto add = [&](std::initializer_list<const char*> values) {
    wrong.insert(wrong.end(), values.begin(), values.end());
  };
  switch (type.kind) {
    case IdlKind::boolean: add({"0", R"("true")", "{}", "[]"}); break;
    case IdlKind::integer: add({"1.5", R"("1")", "true", "{}", "[]", "99999999999999999999"}); break;
    case IdlKind::number: add({R"("1")", "true", "{}", "[]"}); break;
    case IdlKind::string: add({"1", "true", "{}", R"(["x"])"}); break;
    case IdlKind::enumeration: add({"1", R"("no_such_word")", R"("")", "[]"}); break;
    case IdlKind::array: add({"{}", R"("x")", "1", "[{}]", "[null]", "[[]]"}); break;
    default: add({"[]", R"("x")", "1", "true"}); break;
  }
  return wrong;
}

/// One structure of a call: all its parameters, or one parameter that is a structure.
struct Structure {
  const IdlInterface& interface;
  std::string method;
  IdlType type;
  std::string type_name;  // "JobSpec"; empty for the parameters
  std::string parameter;  // whose value it is; empty for the parameters
  Object others;          // the parameters beside it

  std::string path_of(const std::string& field) const {
    return parameter.empty() ? field : parameter + "." + field;
  }

  /// What must be there, and what goes with the field in question.
  Object good(const std::string& field = "") const;

  /// The name of the parameter for which a call with this structure is refused; empty
  /// if it is not.
  std::string refused(const Object& object) const;
};

Object Structure::good(const std::string& field) const {
  Object object = good_object(interface, type);
  if (type_name == "JobSpec") {
    const bool goes_with_argv = field.starts_with("stdin") || field == "limits" || field == "pass_outputs";
    const bool is_command = field.starts_with("argv") || goes_with_argv;
    if (!is_command) object["function"] = R"("f")";
    if (goes_with_argv) object["argv"] = R"(["ls"])";
    if (field == "if_exists") object["unique"] = R"("key")";
  }
  if (type_name == "PoolSpec") {
    if (field == "module") object["kind"] = R"("python")";
    if (field == "library") object["kind"] = R"("native")";
    if (field.starts_with("argv")) object["kind"] = R"("program")";
    if (field == "initargs") {
      object["kind"] = R"("python")";
      object["module"] = R"("tasks")";
      object["initializer"] = R"("prepare")";
    }
  }
  return object;
}

std::string Structure::refused(const Object& object) const {
  Object parameters = parameter.empty() ? object : others;
  if (!parameter.empty()) parameters[parameter] = text_of(object);
  const std::string text = encode_call(interface.name + "." + method, text_of(parameters), false);
  CAPTURE(text);
  const DecodedCall decoded = decode_call(text);
  REQUIRE_FALSE(std::holds_alternative<Unreadable>(decoded));
  const auto* refusal = std::get_if<Refusal>(&decoded);
  if (refusal == nullptr) return "";
  CHECK(refusal->error == "org.varlink.service.InvalidParameter");
  json::ObjectReader in(json::check(refusal->parameters).value());
  in.optional_string("message");
  return in.string("parameter");
}

/// Every structure of every method of both interfaces.
template <class Check>
void for_each_structure(Check check) {
  for (const std::string_view text : {interface_description(), service_interface_description()}) {
    const IdlInterface interface = test::read_idl(text);
    for (const auto& described : interface.methods) {
      const auto& name = described.first;
      const auto& method = described.second;
      CAPTURE(name);
      check(Structure{interface, name, method.parameters, "", "", {}});
      const Object others = good_object(interface, method.parameters);
      for (const IdlField& field : method.parameters.fields) {
        const IdlType type = interface.resolved(field.type);
        if (type.kind == IdlKind::structure)
          check(Structure{interface, name, type, field.type.name, field.name, others});
      }
    }
  }
}

template <std::size_t... Index>
std::set<std::string> methods_of_codec(std::index_sequence<Index...>) {
  std::set<std::string> names;
  for (const std::string& text : {encode_call(request::Any(std::in_place_index<Index>), false)...}) {
    json::ObjectReader in(json::check(text).value());
    names.insert(in.string("method"));
  }
  return names;
}

}  // namespace

TEST_CASE("the interface files are those of the two interfaces") {
  CHECK(test::read_idl(interface_description()).name == interface_name);
  CHECK(test::read_idl(service_interface_description()).name == service_interface_name);
}

TEST_CASE("the codec has the methods of the interface files and no other") {
  std::set<std::string> described;
  for_each_structure(
      [&](const Structure& whole) { described.insert(whole.interface.name + "." + whole.method); });
  CHECK(methods_of_codec(std::make_index_sequence<std::variant_size_v<request::Any>>()) == described);
}

TEST_CASE("a call with what must be there and nothing else is good") {
  for_each_structure([](const Structure& structure) { CHECK(structure.refused(structure.good()).empty()); });
}

TEST_CASE("every field that may be there is taken, and null is as good as nothing") {
  for_each_structure([](const Structure& structure) {
    for (const IdlField& field : structure.type.fields) {
      if (!field.type.is_nullable) continue;
      CAPTURE(field.name);
      Object object = structure.good(field.name);
      object[field.name] = good_value(structure.interface, field);
      CHECK(structure.refused(object).empty());
      object = structure.good();
      if (field.name != "function") object[field.name] = "null";
      CHECK(structure.refused(object).empty());
    }
  });
}

TEST_CASE("a field that is not in the interface file is refused by name") {
  for_each_structure([](const Structure& structure) {
    std::set<std::string> known;
    for (const IdlField& field : structure.type.fields) known.insert(field.name);
    std::vector<std::string> strange{"surplus", "Name"};
    for (const std::string& name : known) strange.push_back(name + "_base64");
    for (const std::string& name : strange) {
      if (known.contains(name)) continue;
      Object object = structure.good();
      object[name] = "1";
      CHECK(structure.refused(object) == structure.path_of(name));
    }
  });
}

TEST_CASE("a field of a wrong type is refused by name") {
  for_each_structure([](const Structure& structure) {
    for (const IdlField& field : structure.type.fields)
      for (const std::string& value : wrong_values(structure.interface, field.type)) {
        CAPTURE(value);
        Object object = structure.good(field.name);
        object[field.name] = value;
        CHECK(structure.refused(object) == structure.path_of(field.name));
      }
  });
}

TEST_CASE("a field that must be there and is not is refused by name") {
  for_each_structure([](const Structure& structure) {
    for (const IdlField& field : structure.type.fields) {
      if (field.type.is_nullable) continue;
      Object object = structure.good();
      object.erase(field.name);
      CHECK(structure.refused(object) == structure.path_of(field.name));
    }
  });
}

}  // namespace procpool::protocol
