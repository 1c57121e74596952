#include "daemon/worker/large_output.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <string>

#include "daemon/worker/character_cut.hpp"

namespace procpool::worker {
namespace {

/// What stands at the begin of a place in the file; less if it cannot be read.
std::string read_at(const os::Fd& memory, FilePiece place) {
  std::string bytes(place.length, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = pread(memory.get(), bytes.data() + filled, bytes.size() - filled,
                                static_cast<off_t>(place.offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace

Result<CapturedStream> text_of(const LargeStream& stream) {
  CapturedStream text;
  text.left_out = stream.left_out;
  text.bytes.reserve(stream.bytes);
  for (const FilePiece& piece : stream.pieces) text.bytes += read_at(stream.memory, piece);
  if (text.bytes.size() != stream.bytes) return Error(ErrorCode::system, "a command's output cannot be read");
  return text;
}

std::optional<LargeOutput> LargeOutput::make(std::uint64_t limit) {
  os::Fd memory(memfd_create("procpool-output", MFD_CLOEXEC));
  if (!memory) return std::nullopt;
  const auto longest = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  return LargeOutput(std::move(memory), std::min(limit, longest));
}

FilePiece LargeOutput::place() const {
  if (total_ < head_room_) return {total_, head_room_ - total_};
  const std::uint64_t in_ring = (total_ - head_room_) % tail_room_;
  return {head_room_ + in_ring, tail_room_ - in_ring};
}

bool LargeOutput::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const FilePiece room = place();
    const ssize_t count =
        pwrite(memory_.get(), bytes.data(), std::min<std::uint64_t>(bytes.size(), room.length),
               static_cast<off_t>(room.offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
    total_ += static_cast<std::uint64_t>(count);
  }
  return true;
}

LargeOutput::Took LargeOutput::take_from(int pipe, std::size_t most) {
  for (;;) {
    const FilePiece room = place();
    auto offset = static_cast<loff_t>(room.offset);
    const ssize_t count =
        splice(pipe, nullptr, memory_.get(), &offset, std::min<std::uint64_t>(most, room.length),
               SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (count > 0) total_ += static_cast<std::uint64_t>(count);
    if (count > 0) return Took::some;
    if (count == 0) return Took::end;
    if (errno == EAGAIN) return Took::nothing_now;
    if (errno != EINTR) return Took::failed;
  }
}

void LargeOutput::cut_character_at_end(FilePiece& head) const {
  const std::uint64_t length = std::min<std::uint64_t>(longest_character, head.length);
  head.length -= unfinished_at_end(read_at(memory_, {head.offset + head.length - length, length}));
}

void LargeOutput::cut_character_at_begin(std::vector<FilePiece>& tail) const {
  std::string begin;
  for (const FilePiece& piece : tail)
    begin += read_at(memory_, {piece.offset, std::min<std::uint64_t>(longest_character, piece.length)});
  std::uint64_t rest = left_over_at_begin(begin);
  for (FilePiece& piece : tail) {
    const std::uint64_t cut = std::min(rest, piece.length);
    piece.offset += cut;
    piece.length -= cut;
    rest -= cut;
  }
}

LargeStream LargeOutput::take() {
  LargeStream stream;
  const std::uint64_t room = head_room_ + tail_room_;
  if (total_ <= room) {
    stream.pieces = {{0, total_}};
  } else {
    FilePiece head{0, head_room_};
    cut_character_at_end(head);
    const FilePiece oldest = place();
    std::vector<FilePiece> tail{oldest, {head_room_, oldest.offset - head_room_}};
    cut_character_at_begin(tail);
    stream.pieces = {head, tail.front(), tail.back()};
  }
  for (const FilePiece& piece : stream.pieces) stream.bytes += piece.length;
  stream.left_out = total_ - stream.bytes;
  stream.memory = std::move(memory_);
  return stream;
}

}  // namespace procpool::worker
