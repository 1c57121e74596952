#include "daemon/worker/output_way.hpp"

#include "common/os/unix_socket.hpp"
#include "common/protocol/passed_output.hpp"

namespace procpool::worker {

void OutputWay::pass(std::uint64_t index, CommandEnd& end) const {
  if (end.large_out) pass(index, OutputStream::out, *end.large_out, end.out);
  if (end.large_err) pass(index, OutputStream::err, *end.large_err, end.err);
  end.large_out.reset();
  end.large_err.reset();
}

void OutputWay::pass(std::uint64_t index, OutputStream stream, const LargeStream& large,
                     CapturedStream& instead) const {
  const std::string message = protocol::encode(protocol::PassedOutput{index, stream, large.pieces});
  const auto sent = os::send_some(socket_.get(), message, {large.memory.get()}, os::Blocking::never);
  if (sent && *sent == message.size()) {
    instead.left_out = large.left_out;
    instead.passed = large.bytes;
    return;
  }
  if (auto text = text_of(large)) {
    instead = *std::move(text);
  } else {
    instead.left_out = large.left_out + large.bytes;
  }
}

}  // namespace procpool::worker
