#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/os/fd.hpp"
#include "common/protocol/live_output.hpp"

namespace procpool::worker {

/// The writer of one file of live output (common/protocol/live_output.hpp). It is made with
/// the first byte, and has at most the last `limit` bytes. That somebody may look on is worth
/// no failure: what cannot be written, or make room for more, is the end of it.
class LiveOutput {
 public:
  LiveOutput(std::string path, std::uint64_t index, std::uint64_t limit)
      : path_(std::move(path)), header_{index, 0}, limit_(limit), goes_on_(limit > 0) {}

  void add(std::string_view bytes);

 private:
  bool make();
  bool make_room();
  bool write_at(std::string_view bytes, std::uint64_t offset);

  std::string path_;
  live_output::Header header_;
  std::uint64_t limit_;
  std::uint64_t end_ = 0;  // of the stream
  bool goes_on_;
  os::Fd file_;
};

/// When nobody may look any more.
void remove_live_output(const std::string& spool);

}  // namespace procpool::worker
