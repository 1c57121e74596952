#include "daemon/worker/say_ready.hpp"

#include <utility>

namespace procpool::worker {

Result<void> say_ready(Channel& channel, worker_message::Ready ready, Outbox& outbox) {
  ready.outbox = outbox.is_shared();
  const os::Fd memory = outbox.take_descriptor();
  std::vector<int> along;
  if (memory) along.push_back(memory.get());
  return channel.write_line(encode(ready), along);
}

}  // namespace procpool::worker
