#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/job/command_value.hpp"
#include "common/job/file_piece.hpp"
#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::worker {

/// What a large stream gave, in memory that another process can be given. Nobody else has the
/// descriptor, so who is given it need not fear that the memory changes.
struct LargeStream {
  os::Fd memory;
  std::vector<FilePiece> pieces;  // what was kept, one behind the other
  std::uint64_t bytes = 0;        // of these
  std::uint64_t left_out = 0;     // in the middle
};

/// The same as text; an error if the memory cannot be read.
Result<CapturedStream> text_of(const LargeStream& stream);

/// Keeps of a stream what OutputCapture keeps, in a memfd: the kernel moves there what is
/// in a pipe, and nobody looks at it. The file is what comes first, and behind that a ring.
class LargeOutput {
 public:
  /// A limit from which it is worth it. [bytes]
  static constexpr std::uint64_t least_limit = 256 << 10;

  /// Nothing where there is no memory for it, or no descriptor. Precondition: `limit` is at
  /// least least_limit.
  static std::optional<LargeOutput> make(std::uint64_t limit);

  /// False: it cannot be kept, and nothing more should come.
  bool add(std::string_view bytes);

  enum class Took { some, nothing_now, end, failed };
  /// Up to `most` bytes of what the pipe has. After `failed` what was kept is good, and the
  /// rest is in the pipe.
  Took take_from(int pipe, std::size_t most);

  LargeStream take();

 private:
  explicit LargeOutput(os::Fd memory, std::uint64_t limit)
      : memory_(std::move(memory)), head_room_(limit - limit / 2), tail_room_(limit / 2) {}

  /// Where the next bytes go, and how many may go there in a row.
  FilePiece place() const;
  void cut_character_at_end(FilePiece& head) const;
  void cut_character_at_begin(std::vector<FilePiece>& tail) const;

  os::Fd memory_;
  std::uint64_t head_room_;
  std::uint64_t tail_room_;
  std::uint64_t total_ = 0;
};

}  // namespace procpool::worker
