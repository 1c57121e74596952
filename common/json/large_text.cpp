#include "common/json/large_text.hpp"

#include <algorithm>
#include <utility>

namespace procpool::json {

Result<View> LargeText::finish(std::string_view text, std::shared_ptr<const void> block) {
  origin_.text = text;
  origin_.block = std::move(block);
  checker_.look(text, true);
  if (!checker_.is_good()) return checker_.error();
  origin_.long_values = checker_.long_values();
  std::sort(origin_.long_values.begin(), origin_.long_values.end(),
            [](const auto& a, const auto& b) { return a.from < b.from; });
  const auto [from, to] = checker_.value();
  return View(text.substr(from, to - from), &origin_);
}

}  // namespace procpool::json
