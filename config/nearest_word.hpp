#pragma once

#include <span>
#include <string_view>

namespace procpool::config {

/// Which of `words` may have been meant by the misspelt `word`, or begins with it? Empty if
/// none is near: more than one letter in three would have to change. Capitals are no matter.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words);

}  // namespace procpool::config
