#include "client/inputs.hpp"

#include <algorithm>
#include <utility>

#include "common/json/base64.hpp"
#include "common/json/bytes.hpp"
#include "common/json/writer.hpp"

namespace procpool::client {
namespace {

/// Around an input stand the call, the inputs and the array of them.
constexpr int depth_of_envelope = 8;
constexpr int most_depth = json::default_depth - depth_of_envelope;
constexpr int hopeless_depth = 1'000'000;

Error wrong(const std::string& message) { return {ErrorCode::invalid_parameter, message}; }

/// JSON that is only too deep must not silently become a string.
bool is_too_deep(std::string_view input) {
  const auto first = input.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (input[first] != '[' && input[first] != '{')) return false;
  return static_cast<bool>(json::check(input, hopeless_depth));
}

Result<void> append_as_string(std::string& out, std::string_view input) {
  if (!json::is_utf8(input)) return wrong("is not UTF-8, and a function takes JSON");
  json::append_quoted(out, input);
  return {};
}

void append_on_one_line(std::string& out, json::View value) {
  // A line end can only stand between the tokens of a valid text (RFC 8259 section 7), where it has several.
  const auto begin = static_cast<std::ptrdiff_t>(out.size());
  out += value.text();
  if (value.kind() != json::Kind::array && value.kind() != json::Kind::object) return;
  std::replace_if(
      out.begin() + begin, out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

Result<void> append_function_input(std::string& out, std::string_view input, InputMeaning meaning) {
  if (meaning == InputMeaning::text) return append_as_string(out, input);
  const auto value = json::check(input, most_depth);
  if (!value && is_too_deep(input))
    return wrong("is nested deeper than " + std::to_string(most_depth) + " levels");
  if (!value && meaning == InputMeaning::json_or_text) return append_as_string(out, input);
  if (!value) return wrong("is " + value.error().message());
  if (meaning == InputMeaning::argument_array && value->kind() != json::Kind::array)
    return wrong("is not a JSON array of arguments");
  append_on_one_line(out, *value);
  return {};
}

}  // namespace

std::string on_one_line(json::View value) {
  std::string text;
  append_on_one_line(text, value);
  return text;
}

Result<std::string> function_input(std::string_view input, InputMeaning meaning) {
  std::string text;
  if (const auto appended = append_function_input(text, input, meaning); !appended) return appended.error();
  return text;
}

Result<request::Inputs> argument_array(const std::vector<std::string>& arguments, InputMeaning meaning) {
  std::string items = "[[";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto value = function_input(arguments[i], meaning);
    if (!value)
      return wrong("argument " + std::to_string(i + 1) + " ('" + arguments[i] + "') " +
                   value.error().message());
    if (i > 0) items += ',';
    items += *value;
  }
  return request::Inputs{items + "]]", false};
}

request::Inputs no_input() { return {"[null]", false}; }

Result<void> Batch::add(std::string_view input) {
  if (meaning_ == InputMeaning::command_argument) {
    if (input.find('\0') != std::string_view::npos)
      return wrong("has a NUL in it, which no argument can have");
    commands_.emplace_back(input);
    bytes_ += input.size();
  } else {
    const std::size_t before = items_.size();
    if (before > 0) items_ += ',';
    if (auto appended = append_function_input(items_, input, meaning_); !appended) {
      items_.resize(before);
      return appended;
    }
    bytes_ += items_.size() - before;
  }
  ++count_;
  return {};
}

request::Inputs Batch::take() {
  request::Inputs inputs;
  if (meaning_ == InputMeaning::command_argument) {
    inputs.base64 = !std::all_of(commands_.begin(), commands_.end(),
                                 [](const std::string& input) { return json::is_clean_text(input); });
    for (const std::string& input : commands_) {
      if (!items_.empty()) items_ += ',';
      json::append_quoted(items_, inputs.base64 ? json::base64_encode(input) : input);
    }
  }
  inputs.items = "[" + items_ + "]";
  *this = Batch(meaning_);
  return inputs;
}

}  // namespace procpool::client
