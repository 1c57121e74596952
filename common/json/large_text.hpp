#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "common/json/checker.hpp"
#include "common/json/origin.hpp"
#include "common/json/view.hpp"
#include "common/result.hpp"

/// Large texts, for those who have others to serve meanwhile.
///
/// No step with such a text may take time that grows with it, so its bytes are looked at only
/// once, by the check, which goes along with their coming. What takes it apart afterwards
/// leaps over the long values, whose ends the check has noted, and what keeps a value keeps
/// the block of memory in which it was received, instead of a copy (common/text.hpp).
namespace procpool::json {

/// From here on a text is large. [bytes]
inline constexpr std::size_t large = 256 << 10;

class LargeText {
 public:
  explicit LargeText(int depth) : checker_(depth) {}
  LargeText(const LargeText&) = delete;
  LargeText& operator=(const LargeText&) = delete;

  /// More of it has come. What was there before is not looked at again, and may have moved.
  void grew(std::string_view text) { checker_.look(text, false); }

  /// It has all come, and stands in `block`, which is kept if there is one. As check(); the view and
  /// all that is taken out of it live no longer than this object.
  Result<View> finish(std::string_view text, std::shared_ptr<const void> block);

 private:
  Checker checker_;
  Origin origin_;
};

}  // namespace procpool::json
