#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/job/command_value.hpp"

/// What a command of a kept job has printed so far, in two files beside the spool file of
/// its batch. Its worker writes them, so that it can be read while the command runs, also
/// by a daemon that did not start it. One that prints nothing has none.
///
///     byte 0      the index of the task
///     byte 8      where what is still there begins, in the stream
///     byte 16+n   byte n of the stream
///
/// The numbers are in the machine's byte order. What is not there any more is a hole. The
/// worker removes the files when the task has been answered; the value has what was captured.
namespace procpool::live_output {

struct Header {
  std::uint64_t index = 0;
  std::uint64_t begin = 0;
};
static_assert(sizeof(Header) == 16);

inline constexpr std::size_t begin_offset = offsetof(Header, begin);

inline std::string path_of(const std::string& spool, OutputStream stream) {
  return spool + (stream == OutputStream::out ? ".out" : ".err");
}

}  // namespace procpool::live_output
