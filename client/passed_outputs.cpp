#include "client/passed_outputs.hpp"

#include <array>
#include <string>
#include <string_view>

#include "common/os/open_files.hpp"
#include "common/os/unix_socket.hpp"
#include "common/protocol/passed_output.hpp"

namespace procpool::client {
namespace {

/// What may wait in the socket: with what the kernel needs for each, some twenty messages. [bytes]
constexpr int waiting = 8 << 10;
/// With fewer descriptors outputs that come out of order could be too many.
constexpr std::uint64_t enough_open_files = 256;

}  // namespace

PassedOutputs PassedOutputs::offered_for(JobSpec& spec) {
  PassedOutputs outputs;
  if (!spec.is_command() || !spec.attached || spec.format != Format::raw || spec.verb == Verb::run)
    return outputs;
  os::raise_open_files();
  if (os::most_open_files() < enough_open_files) return outputs;
  if (auto pair = os::make_message_pair(waiting)) outputs.socket_ = *std::move(pair);
  spec.pass_outputs = outputs.socket_.has_value();
  return outputs;
}

std::vector<int> PassedOutputs::descriptors() const {
  if (!socket_) return {};
  return {socket_->theirs.get()};
}

bool PassedOutputs::were_refused(const Error& error) const {
  return socket_ && error.code() == ErrorCode::system;
}

void PassedOutputs::take_back(JobSpec& spec) {
  socket_.reset();
  spec.pass_outputs = false;
}

Result<PassedOutputs::Output> PassedOutputs::take(std::uint64_t index, OutputStream stream) {
  for (;;) {
    if (auto found = held_.extract({index, stream})) return std::move(found.mapped());
    const auto more = receive();
    if (!more) return more.error();
    if (!*more)
      return Error(ErrorCode::connection_lost,
                   "an output of task " + std::to_string(index) + " was passed to another client than this");
  }
}

Result<bool> PassedOutputs::receive() {
  if (!socket_) return false;
  std::array<char, protocol::longest_passed_output> room{};
  std::vector<os::Fd> memory;
  const auto received = os::receive_some(socket_->ours.get(), room.data(), room.size(), memory);
  if (!received) return received.error();
  if (received->bytes == 0) return false;
  auto message = protocol::decode_passed_output({room.data(), received->bytes});
  if (!message) return message.error();
  if (memory.size() != 1)
    return Error(ErrorCode::connection_lost, "the worker's message is not understood: it has no output");
  held_.insert_or_assign({message->index, message->stream},
                         Output{std::move(memory.front()), std::move(message->pieces)});
  return true;
}

}  // namespace procpool::client
