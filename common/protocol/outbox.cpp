#include "common/protocol/outbox.hpp"

#include <cstring>

namespace procpool::outbox {
namespace {

std::uint64_t number_at(std::string_view content, std::size_t offset) {
  std::uint64_t number = 0;
  std::memcpy(&number, content.data() + offset, sizeof number);
  return number;
}

}  // namespace

std::optional<Remains> read(std::string_view content) {
  if (content.size() < text_at || content.size() > most || !content.starts_with(magic)) return std::nullopt;
  Remains remains{number_at(content, begun_at) & ~held, number_at(content, settled_before_at), {}};
  std::string_view text = content.substr(text_at);
  text = text.substr(0, text.find('\0'));
  const std::size_t last = text.find_last_of("\t\n");
  if (last == std::string_view::npos) return remains;
  remains.lines = text.substr(0, last);
  remains.lines += text[last] == '\n' ? "\n" : "]}\n";
  return remains;
}

}  // namespace procpool::outbox
