#include "daemon/io/outgoing.hpp"

#include <utility>

#include "common/os/unix_socket.hpp"

namespace procpool::io {

void Outgoing::add(Parts message, std::vector<os::Fd> descriptors) {
  const std::size_t first = pieces_.size();
  add(std::move(message));
  if (pieces_.size() > first) pieces_[first].descriptors = std::move(descriptors);
}

void Outgoing::add(Parts message) {
  if (message.inserts.empty()) return add(Text(std::move(message.text)));
  std::size_t done = 0;
  for (Parts::Insert& insert : message.inserts) {
    add(Text(std::string_view(message.text).substr(done, insert.at - done)));
    add(Text(std::move(insert.slice)));
    done = insert.at;
  }
  add(Text(std::string_view(message.text).substr(done)));
}

void Outgoing::add_rest(Parts message, std::size_t sent) {
  sent_ = sent;
  add(std::move(message));
  bytes_ -= sent;
  drop_sent();
}

void Outgoing::add(Text text) {
  if (text.empty()) return;
  bytes_ += text.size();
  pieces_.push_back({std::move(text), {}});
}

Result<std::size_t> Outgoing::send(int socket) {
  std::size_t all = 0;
  while (!empty() && all < most_at_once) {
    Piece& piece = pieces_.front();
    const std::string_view next = piece.text.view().substr(sent_, most_at_once - all);
    std::vector<int> along;
    for (const os::Fd& descriptor : piece.descriptors) along.push_back(descriptor.get());
    const auto sent = os::send_some(socket, next, along);
    if (!sent) return sent.error();
    if (*sent > 0) piece.descriptors.clear();
    all += *sent;
    bytes_ -= *sent;
    sent_ += *sent;
    drop_sent();
    if (*sent < next.size()) break;
  }
  return all;
}

void Outgoing::drop_sent() {
  if (pieces_.empty() || sent_ < pieces_.front().text.size()) return;
  pieces_.pop_front();
  sent_ = 0;
}

}  // namespace procpool::io
