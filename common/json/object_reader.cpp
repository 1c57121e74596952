#include "common/json/object_reader.hpp"

#include <algorithm>
#include <charconv>

namespace procpool::json {

ObjectReader::ObjectReader(View object) {
  if (object.kind() != Kind::object) {
    problem_ = "expected an object";
    return;
  }
  auto members = object.members(most_members + 1);
  if (members.size() > most_members) {
    problem_ = "an object with more than " + std::to_string(most_members) + " members";
    return;
  }
  members_ = std::move(members);
  for (std::size_t i = 1; i < members_.size(); ++i)
    for (std::size_t earlier = 0; earlier < i; ++earlier)
      if (members_[earlier].key == members_[i].key) reject(members_[i].key, "stands twice");
}

std::optional<View> ObjectReader::take(std::string_view name) {
  const auto present = value(name);
  return present && present->is_null() ? std::nullopt : present;
}

std::optional<View> ObjectReader::take(std::string_view name, Kind kind, std::string_view expected) {
  const auto value = take(name);
  if (value && value->kind() != kind) {
    reject(name, "must be " + std::string(expected));
    return std::nullopt;
  }
  return value;
}

void ObjectReader::reject(std::string_view name, std::string_view why) {
  constexpr std::size_t longest_field = 100;  // of what is repeated to the sender
  if (!problem_.empty()) return;
  field_ = name.substr(0, longest_field);
  problem_ = why;
}

void ObjectReader::reject_if_wrong(std::string_view name, ObjectReader& inner) {
  if (inner.finish()) return;
  reject(inner.field_.empty() ? std::string(name) : std::string(name) + "." + inner.field_, inner.problem_);
}

void ObjectReader::require(std::string_view name, bool present) {
  if (!present) reject(name, "is missing");
}

std::optional<View> ObjectReader::value(std::string_view name) {
  // Most names that are asked for are not there, and differ in their length from those that are.
  const auto found = std::find_if(members_.begin(), members_.end(), [name](const View::Member& member) {
    return member.key.size() == name.size() && member.key == name;
  });
  if (found == members_.end()) return std::nullopt;
  taken_.set(static_cast<std::size_t>(found - members_.begin()));
  return found->value;
}

std::optional<View> ObjectReader::optional_view(std::string_view name) { return take(name); }
std::optional<View> ObjectReader::optional_object(std::string_view name) {
  return take(name, Kind::object, "an object");
}
std::optional<View> ObjectReader::optional_array(std::string_view name) {
  return take(name, Kind::array, "an array");
}

std::optional<std::string> ObjectReader::optional_string(std::string_view name) {
  const auto value = take(name, Kind::string, "a string");
  if (!value) return std::nullopt;
  return value->decoded_string();
}

std::optional<std::int64_t> ObjectReader::optional_int(std::string_view name, std::int64_t least,
                                                       std::int64_t most) {
  const auto value = take(name, Kind::number, "an integer");
  if (!value) return std::nullopt;
  const std::string_view digits = value->text();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    reject(name, "must be an integer");
    return std::nullopt;
  }
  if (number < least || number > most) {
    reject(name, "must be between " + std::to_string(least) + " and " + std::to_string(most));
    return std::nullopt;
  }
  return number;
}

std::optional<double> ObjectReader::optional_number(std::string_view name, double least, double most) {
  const auto value = take(name, Kind::number, "a number");
  if (!value) return std::nullopt;
  const std::string_view digits = value->text();
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || !(number >= least && number <= most)) {
    reject(name, "is out of range");
    return std::nullopt;
  }
  return number;
}

std::optional<bool> ObjectReader::optional_bool(std::string_view name) {
  const auto value = take(name, Kind::boolean, "true or false");
  if (!value) return std::nullopt;
  return value->text() == "true";
}

std::optional<std::vector<std::string>> ObjectReader::optional_strings(std::string_view name) {
  const auto value = take(name, Kind::array, "an array of strings");
  if (!value) return std::nullopt;
  std::vector<std::string> strings;
  for (const View element : value->elements()) {
    if (element.kind() != Kind::string) {
      reject(name, "must be an array of strings");
      return std::nullopt;
    }
    strings.push_back(element.decoded_string());
  }
  return strings;
}

std::optional<std::vector<std::int64_t>> ObjectReader::optional_ints(std::string_view name) {
  const auto value = take(name, Kind::array, "an array of integers");
  if (!value) return std::nullopt;
  std::vector<std::int64_t> numbers;
  for (const View element : value->elements()) {
    std::int64_t number = 0;
    const std::string_view digits = element.text();
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
      reject(name, "must be an array of integers");
      return std::nullopt;
    }
    numbers.push_back(number);
  }
  return numbers;
}

std::string ObjectReader::string(std::string_view name) {
  auto value = optional_string(name);
  require(name, value.has_value());
  return std::move(value).value_or("");
}

std::int64_t ObjectReader::integer(std::string_view name, std::int64_t least, std::int64_t most) {
  const auto value = optional_int(name, least, most);
  require(name, value.has_value());
  return value.value_or(least);
}

bool ObjectReader::boolean(std::string_view name) {
  const auto value = optional_bool(name);
  require(name, value.has_value());
  return value.value_or(false);
}

void ObjectReader::allow_vendor_members() {
  for (std::size_t i = 0; i < members_.size(); ++i)
    if (members_[i].key.find('.') != std::string::npos) taken_.set(i);
}

void ObjectReader::allow_unknown_members() { taken_.set(); }

Result<void> ObjectReader::finish() {
  for (std::size_t i = 0; i < members_.size(); ++i)
    if (!taken_.test(i)) reject(members_[i].key, "is not known here");
  if (problem_.empty()) return {};
  return Error(ErrorCode::invalid_parameter, field_.empty() ? problem_ : "'" + field_ + "' " + problem_);
}

}  // namespace procpool::json
