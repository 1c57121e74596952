#include "daemon/io/outgoing.hpp"

#include <utility>

#include "common/os/unix_socket.hpp"

namespace procpool::io {

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

void Outgoing::add(Text piece) {
  if (piece.empty()) return;
  bytes_ += piece.size();
  pieces_.push_back(std::move(piece));
}

Result<std::size_t> Outgoing::send(int socket) {
  std::size_t all = 0;
  while (!empty() && all < most_at_once) {
    const std::string_view next = pieces_.front().view().substr(sent_, most_at_once - all);
    const auto sent = os::send_some(socket, next);
    if (!sent) return sent.error();
    all += *sent;
    bytes_ -= *sent;
    sent_ += *sent;
    drop_sent();
    if (*sent < next.size()) break;
  }
  return all;
}

void Outgoing::drop_sent() {
  if (pieces_.empty() || sent_ < pieces_.front().size()) return;
  pieces_.erase(pieces_.begin());
  sent_ = 0;
}

}  // namespace procpool::io
