#pragma once

#include <bitset>
#include <cstdint>
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

  /// Any value, and null is one: nothing only if the member is absent.
  std::optional<View> value(std::string_view name);

  std::optional<View> optional_view(std::string_view name);
  std::optional<View> optional_object(std::string_view name);
  std::optional<View> optional_array(std::string_view name);
  std::optional<std::string> optional_string(std::string_view name);
  std::optional<std::int64_t> optional_int(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<double> optional_number(std::string_view name, double least, double most);
  std::optional<bool> optional_bool(std::string_view name);
  std::optional<std::vector<std::string>> optional_strings(std::string_view name);
  std::optional<std::vector<std::int64_t>> optional_ints(std::string_view name);

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
  std::optional<View> take(std::string_view name);
  std::optional<View> take(std::string_view name, Kind kind, std::string_view expected);
  void require(std::string_view name, bool present);

  std::vector<View::Member> members_;
  std::bitset<most_members> taken_;  // which of them were asked for
  std::string field_;
  std::string problem_;  // without the field's name
};

}  // namespace procpool::json
