#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/view.hpp"

/// A small reader of Varlink interface files, so that tests can hold code against them.
/// It takes what the interface files of this project use, and throws std::runtime_error
/// with the line on anything else.
namespace procpool::test {

enum class IdlKind { boolean, integer, number, string, object, named, structure, enumeration, array };

struct IdlField;

struct IdlType {
  IdlKind kind = IdlKind::structure;
  bool is_nullable = false;
  std::string name;                // named
  std::vector<std::string> words;  // enumeration
  std::vector<IdlField> fields;    // structure
  std::vector<IdlType> element;    // array: exactly one
};

struct IdlField {
  std::string name;
  IdlType type;
};

struct IdlMethod {
  IdlType parameters;
  IdlType result;
};

struct IdlInterface {
  std::string name;
  std::map<std::string, IdlType> types;
  std::map<std::string, IdlMethod> methods;
  std::map<std::string, IdlType> errors;

  /// What a named type stands for; another type is itself. Keeps `is_nullable`.
  IdlType resolved(const IdlType& type) const;
};

IdlInterface read_idl(std::string_view text);

/// What is wrong with a value that should be of this type: "tasks.lost: is missing".
/// Empty if nothing is.
std::string mismatch(const IdlInterface& interface, const IdlType& type, json::View value);

}  // namespace procpool::test
