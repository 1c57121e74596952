#include "tests/support/varlink_idl.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace procpool::test {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  IdlInterface interface() {
    IdlInterface read;
    expect("interface");
    read.name = word();
    while (!next().empty()) {
      const std::string keyword = word();
      const std::string name = word();
      if (keyword == "type") {
        add(read.types, name, parenthesized());
      } else if (keyword == "error") {
        add(read.errors, name, parenthesized());
      } else if (keyword == "method") {
        IdlMethod method{parenthesized(), {}};
        expect("->");
        method.result = parenthesized();
        add(read.methods, name, std::move(method));
      } else {
        fail("unexpected " + keyword);
      }
    }
    return read;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw std::runtime_error("interface file, line " + std::to_string(line_) + ": " + why);
  }

  template <class Thing>
  void add(std::map<std::string, Thing>& things, const std::string& name, Thing thing) {
    if (!things.emplace(name, std::move(thing)).second) fail(name + " stands twice");
  }

  /// What comes next without white space and comments in front; a word, an arrow or one character.
  std::string_view next() {
    while (!rest_.empty()) {
      if (rest_.front() == '#') {
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      } else if (std::isspace(static_cast<unsigned char>(rest_.front())) != 0) {
        line_ += rest_.front() == '\n' ? 1 : 0;
        rest_.remove_prefix(1);
      } else {
        break;
      }
    }
    std::size_t length = 0;
    while (length < rest_.size() && is_word(rest_[length])) ++length;
    if (rest_.starts_with("->") || rest_.starts_with("[]")) length = 2;
    return rest_.substr(0, std::max<std::size_t>(length, rest_.empty() ? 0 : 1));
  }

  static bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
  }

  bool take(std::string_view token) {
    if (next() != token) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  void expect(std::string_view token) {
    if (!take(token)) fail("expected " + std::string(token));
  }

  std::string word() {
    const std::string_view token = next();
    if (token.empty() || !is_word(token.front())) fail("expected a name");
    rest_.remove_prefix(token.size());
    return std::string(token);
  }

  /// "(a: T, b: U)" or "(one, two)"
  IdlType parenthesized() {
    IdlType type;
    expect("(");
    if (take(")")) return type;
    do {
      std::string name = word();
      if (take(":")) {
        type.fields.push_back({std::move(name), this->type()});
      } else {
        type.kind = IdlKind::enumeration;
        type.words.push_back(std::move(name));
      }
    } while (take(","));
    expect(")");
    return type;
  }

  IdlType type() {
    IdlType type;
    const bool is_nullable = take("?");
    if (take("[]")) {
      type.kind = IdlKind::array;
      type.element.push_back(this->type());
    } else if (next() == "(") {
      type = parenthesized();
    } else {
      type = plain(word());
    }
    type.is_nullable = is_nullable;
    return type;
  }

  static IdlType plain(const std::string& word) {
    IdlType type;
    if (word == "bool") {
      type.kind = IdlKind::boolean;
    } else if (word == "int") {
      type.kind = IdlKind::integer;
    } else if (word == "float") {
      type.kind = IdlKind::number;
    } else if (word == "string") {
      type.kind = IdlKind::string;
    } else if (word == "object") {
      type.kind = IdlKind::object;
    } else {
      type.kind = IdlKind::named;
      type.name = word;
    }
    return type;
  }

  std::string_view rest_;
  int line_ = 1;
};

std::string structure_mismatch(const IdlInterface& interface, const IdlType& type, json::View value) {
  if (value.kind() != json::Kind::object) return "is not an object";
  const auto members = value.members();
  for (const json::View::Member& member : members) {
    const auto field = std::find_if(type.fields.begin(), type.fields.end(),
                                    [&](const IdlField& known) { return known.name == member.key(); });
    if (field == type.fields.end()) return member.key() + ": is not in the interface file";
    if (const std::string problem = mismatch(interface, field->type, member.value); !problem.empty())
      return member.key() + ": " + problem;
  }
  for (const IdlField& field : type.fields) {
    const bool is_there = std::any_of(members.begin(), members.end(), [&](const json::View::Member& member) {
      return member.key() == field.name;
    });
    if (!is_there && !field.type.is_nullable) return field.name + ": is missing";
  }
  return "";
}

std::string array_mismatch(const IdlInterface& interface, const IdlType& type, json::View value) {
  if (value.kind() != json::Kind::array) return "is not an array";
  for (const json::View element : value.elements())
    if (const std::string problem = mismatch(interface, type.element.front(), element); !problem.empty())
      return "[]: " + problem;
  return "";
}

std::string word_mismatch(const IdlType& type, json::View value) {
  if (value.kind() != json::Kind::string) return "is not a string";
  const std::string word = value.decoded_string();
  const bool is_known = std::find(type.words.begin(), type.words.end(), word) != type.words.end();
  return is_known ? "" : "is none of the words: " + word;
}

}  // namespace

IdlType IdlInterface::resolved(const IdlType& type) const {
  if (type.kind != IdlKind::named) return type;
  const auto found = types.find(type.name);
  if (found == types.end()) throw std::runtime_error("interface file: there is no type " + type.name);
  IdlType meant = resolved(found->second);
  meant.is_nullable = type.is_nullable;
  return meant;
}

IdlInterface read_idl(std::string_view text) { return Reader(text).interface(); }

std::string mismatch(const IdlInterface& interface, const IdlType& type, json::View value) {
  if (value.is_null()) return type.is_nullable ? "" : "is null";
  const IdlType meant = interface.resolved(type);
  const bool is_number = value.kind() == json::Kind::number;
  switch (meant.kind) {
    case IdlKind::boolean: return value.kind() == json::Kind::boolean ? "" : "is not true or false";
    case IdlKind::integer:
      return is_number && value.text().find_first_of(".eE") == std::string_view::npos ? ""
                                                                                      : "is not an integer";
    case IdlKind::number: return is_number ? "" : "is not a number";
    case IdlKind::string: return value.kind() == json::Kind::string ? "" : "is not a string";
    case IdlKind::object: return value.kind() == json::Kind::object ? "" : "is not an object";
    case IdlKind::structure: return structure_mismatch(interface, meant, value);
    case IdlKind::enumeration: return word_mismatch(meant, value);
    case IdlKind::array: return array_mismatch(interface, meant, value);
    case IdlKind::named: break;
  }
  return "has no type";
}

}  // namespace procpool::test
