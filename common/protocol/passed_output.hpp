#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/job/command_value.hpp"
#include "common/job/file_piece.hpp"
#include "common/result.hpp"

/// A large output of a command that its worker passes to the submitter, past the daemon: one
/// message on the socket that came with the submission, and with it a descriptor of the
/// memory that has the bytes. It is sent before the task is answered, so who has read
/// the value finds it in the socket.
namespace procpool::protocol {

struct PassedOutput {
  std::uint64_t index = 0;
  OutputStream stream = OutputStream::out;
  std::vector<FilePiece> pieces;  // the stream is these, one behind the other
};

/// An encoded message is shorter. [bytes]
inline constexpr std::size_t longest_passed_output = 4096;

/// `{"index":3,"stream":"stdout","pieces":[0,1000,4000,500]}`: offset and length in turn.
std::string encode(const PassedOutput& message);
Result<PassedOutput> decode_passed_output(std::string_view message);

}  // namespace procpool::protocol
