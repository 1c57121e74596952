#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The outbox: memory that a worker shares with the daemon (a memfd that comes with its
/// `ready` line), so that its death loses no answer that waited to be sent, and shows
/// whether the next task had begun. worker.md describes it for everybody.
///
///     offset | bytes | what
///     -------+-------+-----------------------------------------------------------------
///          0 |     8 | magic: "PPOUTBX1"
///          8 |     8 | begun: tasks of this life, counted over all batches, that may
///            |       | have begun; they run in order, so the one behind the last
///            |       | answered one is running if its number is below this. The
///            |       | highest bit is apart (`held`)
///         16 |     8 | settled_before: tasks of this life answered before the first
///            |       | answer that stands in the text
///         64 |  rest | text: answers as they go over the channel, then NUL bytes
///
/// The numbers are in the machine's byte order. The text is committed up to the last
/// TAB or line end before the first NUL: no JSON text has a raw NUL or, in a string,
/// a raw TAB, so a copy that the death of the writer cut anywhere is not seen, in
/// whatever order its bytes came. A line end closes a line. A TAB stands where `]}` and
/// a line end would close it: behind a value in `{"batch":5,"values":[1<TAB>,4<TAB>`.
///
/// Once the answers were sent, the writer first fills the text with NUL, then sets
/// settled_before. What was sent and still stands here is skipped by its count.
///
/// Of a worker that gives back, the daemon maps the first bytes: it sets `held` beside the
/// count that it has seen, and no further task begins. What has not begun then is another
/// worker's. The worker counts up by compare-and-swap; when it finds `held`, it clears that
/// and drops the rest of its batch.
namespace procpool::outbox {

inline constexpr std::string_view magic = "PPOUTBX1";
inline constexpr std::size_t begun_at = 8;
inline constexpr std::uint64_t held = std::uint64_t{1} << 63;
inline constexpr std::size_t settled_before_at = 16;
inline constexpr std::size_t text_at = 64;
/// A larger one is not read. [bytes]
inline constexpr std::size_t most = std::size_t{16} << 20;

/// What a worker has left behind.
struct Remains {
  std::uint64_t begun = 0;
  std::uint64_t settled_before = 0;
  std::string lines;  // each with its line end
};

/// Nothing if `content` is no outbox. The numbers and the lines are as unchecked as
/// anything else that a worker says.
std::optional<Remains> read(std::string_view content);

}  // namespace procpool::outbox
