#pragma once

#include <cstddef>
#include <string_view>

namespace procpool::json {

/// The length of the UTF-8 sequence at `at`, 0 if it is not valid (RFC 3629).
std::size_t utf8_length(const char* at, const char* end);

/// Is `bytes` valid UTF-8?
bool is_utf8(std::string_view bytes);

}  // namespace procpool::json
