#include "common/json/origin.hpp"

#include <algorithm>

namespace procpool::json {

const char* Origin::end_of(const char* at) const {
  const auto from = static_cast<std::size_t>(at - text.data());
  const auto found =
      std::lower_bound(long_values.begin(), long_values.end(), from,
                       [](const Checker::Span& value, std::size_t place) { return value.from < place; });
  return found != long_values.end() && found->from == from ? text.data() + found->to : nullptr;
}

Slice Origin::slice(std::string_view part) const {
  const bool is_most_of_it = part.size() >= text.size() / 2;
  return is_most_of_it ? Slice(part, block) : Slice(part);
}

}  // namespace procpool::json
