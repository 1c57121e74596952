#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace procpool::json {

/// RFC 4648 section 4, with padding.
std::string base64_encode(std::string_view bytes);

/// Nothing if `text` is not the canonical encoding of some bytes.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace procpool::json
