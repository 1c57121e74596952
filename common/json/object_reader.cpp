#include "common/json/object_reader.hpp"

#include <algorithm>
#include <charconv>

namespace procpool::json {
namespace {

/// Precondition: it has no escapes.
std::string_view name_of(const View::Member& member) {
  return member.name.text().substr(1, member.name.text().size() - 2);
}

}  // namespace

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
  for (View::Member& member : members_) {
    if (name_of(member).find('\\') != std::string_view::npos)
      member.name = known_good(rewritten_.emplace_back('"' + member.key() + '"'));
    marks_ |= mark_of(name_of(member));
  }
  for (std::size_t i = 1; i < members_.size(); ++i)
    for (std::size_t earlier = 0; earlier < i; ++earlier)
      if (name_of(members_[earlier]) == name_of(members_[i])) reject(name_of(members_[i]), "stands twice");
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
  if (is_absent(name)) return std::nullopt;
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [name](const View::Member& member) { return name_of(member) == name; });
  if (found == members_.end()) return std::nullopt;
  taken_.set(static_cast<std::size_t>(found - members_.begin()));
  return found->value;
}

std::optional<std::string> ObjectReader::take_string(std::string_view name) {
  const auto value = take(name, Kind::string, "a string");
  if (!value) return std::nullopt;
  return value->decoded_string();
}

std::optional<std::int64_t> ObjectReader::take_int(std::string_view name, std::int64_t least,
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

std::optional<double> ObjectReader::take_number(std::string_view name, double least, double most) {
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

std::optional<bool> ObjectReader::take_bool(std::string_view name) {
  const auto value = take(name, Kind::boolean, "true or false");
  if (!value) return std::nullopt;
  return value->text() == "true";
}

std::optional<std::vector<std::string>> ObjectReader::take_strings(std::string_view name) {
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

std::optional<std::vector<std::int64_t>> ObjectReader::take_ints(std::string_view name) {
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
    if (name_of(members_[i]).find('.') != std::string_view::npos) taken_.set(i);
}

void ObjectReader::allow_unknown_members() { taken_.set(); }

Result<void> ObjectReader::finish() {
  for (std::size_t i = 0; i < members_.size(); ++i)
    if (!taken_.test(i)) reject(name_of(members_[i]), "is not known here");
  if (problem_.empty()) return {};
  return Error(ErrorCode::invalid_parameter, field_.empty() ? problem_ : "'" + field_ + "' " + problem_);
}

}  // namespace procpool::json
