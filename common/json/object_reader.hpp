#pragma once

#include <bitset>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/view.hpp"

namespace procpool::json {

/// Takes an object apart by name, strictly: every member must be asked for, no
/// name may stand twice, types and ranges are checked. The first thing that is
/// wrong is kept; read all you want, then ask finish() whether it was good.
/// It is for envelopes: an object with more than `most_members` is refused unread.
///
/// A member that is absent or null is the same to the optional_ readers; to the
/// required ones it is an error.
class ObjectReader {
 public:
  static constexpr std::size_t most_members = 256;

  explicit ObjectReader(View object);
  ObjectReader(const ObjectReader&) = delete;
  ObjectReader& operator=(const ObjectReader&) = delete;

  /// Any value, and null is one: nothing only if the member is absent.
  std::optional<View> value(std::string_view name);

  // Most names that are asked for are not there: nothing is called for them.
  std::optional<View> optional_view(std::string_view name) {
    return is_absent(name) ? std::nullopt : take(name);
  }
  std::optional<View> optional_object(std::string_view name) {
    return is_absent(name) ? std::nullopt : take(name, Kind::object, "an object");
  }
  std::optional<View> optional_array(std::string_view name) {
    return is_absent(name) ? std::nullopt : take(name, Kind::array, "an array");
  }
  std::optional<std::string> optional_string(std::string_view name) {
    return is_absent(name) ? std::nullopt : take_string(name);
  }
  std::string string_or_empty(std::string_view name) {
    return is_absent(name) ? std::string() : take_string(name).value_or(std::string());
  }
  std::optional<std::int64_t> optional_int(std::string_view name, std::int64_t least, std::int64_t most) {
    return is_absent(name) ? std::nullopt : take_int(name, least, most);
  }
  std::optional<double> optional_number(std::string_view name, double least, double most) {
    return is_absent(name) ? std::nullopt : take_number(name, least, most);
  }
  std::optional<bool> optional_bool(std::string_view name) {
    return is_absent(name) ? std::nullopt : take_bool(name);
  }
  std::optional<std::vector<std::string>> optional_strings(std::string_view name) {
    return is_absent(name) ? std::nullopt : take_strings(name);
  }
  std::optional<std::vector<std::int64_t>> optional_ints(std::string_view name) {
    return is_absent(name) ? std::nullopt : take_ints(name);
  }

  std::string string(std::string_view name);
  std::int64_t integer(std::string_view name, std::int64_t least, std::int64_t most);
  bool boolean(std::string_view name);

  /// Lets members pass whose name holds a dot (Varlink's vendor keys).
  void allow_vendor_members();
  /// Lets every member pass that has not been asked for (what a newer daemon adds).
  void allow_unknown_members();

  /// Notes an error of the caller's own about the member `name`.
  void reject(std::string_view name, std::string_view why);
  /// Notes the first error of the reader of the member `name`, if it has one: what is
  /// wrong with `b` in there is an error about "name.b" here.
  void reject_if_wrong(std::string_view name, ObjectReader& inner);

  /// The first error (invalid_parameter, its message opens with the member's name
  /// in quotes), or success. `field()` is that name, as Varlink wants it.
  Result<void> finish();
  const std::string& field() const { return field_; }

 private:
  /// One bit of 64 by how long a name is and how it begins. Names that are asked for are
  /// literals, so this is worked out where the reader is called.
  static constexpr std::uint64_t mark_of(std::string_view name) {
    constexpr std::size_t spread = 7;
    const auto first = name.empty() ? 0U : static_cast<unsigned char>(name.front());
    return std::uint64_t{1} << (name.size() * spread + first) % 64;
  }
  bool is_absent(std::string_view name) const { return (marks_ & mark_of(name)) == 0; }

  std::optional<View> take(std::string_view name);
  std::optional<View> take(std::string_view name, Kind kind, std::string_view expected);
  std::optional<std::string> take_string(std::string_view name);
  std::optional<std::int64_t> take_int(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<double> take_number(std::string_view name, double least, double most);
  std::optional<bool> take_bool(std::string_view name);
  std::optional<std::vector<std::string>> take_strings(std::string_view name);
  std::optional<std::vector<std::int64_t>> take_ints(std::string_view name);
  void require(std::string_view name, bool present);

  std::vector<View::Member> members_;
  std::list<std::string> rewritten_;  // names that had escapes, without them
  std::uint64_t marks_ = 0;           // of all names
  std::bitset<most_members> taken_;   // which members were asked for
  std::string field_;
  std::string problem_;  // without the field's name
};

}  // namespace procpool::json
