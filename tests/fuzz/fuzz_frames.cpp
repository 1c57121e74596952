// The stream is cut by the splitter and by a search for the end byte; both must find the
// same messages, whatever the sizes of the pieces. The first two bytes choose the limit
// and the sizes.

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "common/protocol/frame.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace procpool::fuzz {
namespace {

struct Split {
  std::vector<std::string> messages;
  bool is_broken = false;
  friend bool operator==(const Split&, const Split&) = default;
};

Split by_search(std::string_view stream, std::size_t limit) {
  Split split;
  for (;;) {
    const std::size_t end = stream.find('\n');
    if (std::min(end, stream.size()) > limit) {
      split.is_broken = true;
      return split;
    }
    if (end == std::string_view::npos) return split;
    split.messages.emplace_back(stream.substr(0, end));
    stream.remove_prefix(end + 1);
  }
}

Split by_splitter(std::string_view stream, std::size_t limit, unsigned sizes) {
  Split split;
  protocol::FrameSplitter splitter('\n', limit);
  while (!stream.empty()) {
    sizes = sizes * 1103515245 + 12345;
    const std::size_t size = std::min<std::size_t>(1 + (sizes >> 16) % 40, stream.size());
    std::memcpy(splitter.prepare(size + (sizes >> 8) % 3), stream.data(), size);
    splitter.commit(size);
    stream.remove_prefix(size);
    for (;;) {
      const auto next = splitter.next();
      split.is_broken = !next;
      if (split.is_broken) return split;
      if (!*next) break;
      split.messages.emplace_back(**next);
    }
    require(splitter.pending() <= limit, "no more is held back than one message");
  }
  return split;
}

}  // namespace
}  // namespace procpool::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace procpool::fuzz;
  if (size < 2) return 0;
  const std::string_view stream = text_of(data + 2, size - 2);
  require(by_splitter(stream, data[0], data[1]) == by_search(stream, data[0]), "both find the same messages");
  return 0;
}
