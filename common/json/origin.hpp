#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "common/json/checker.hpp"
#include "common/text.hpp"

namespace procpool::json {

/// What its check has learned of a large text, for those who take it apart.
struct Origin {
  std::string_view text;
  std::shared_ptr<const void> block;       // in which it stands
  std::vector<Checker::Span> long_values;  // in the order of their beginnings

  /// Where the value ends that begins at `at`; nullptr if that was not noted.
  const char* end_of(const char* at) const;
  /// A part of the text, to be kept. A small part of it, which is not worth the whole block, is
  /// borrowed.
  Slice slice(std::string_view part) const;
};

}  // namespace procpool::json
