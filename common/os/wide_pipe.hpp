#pragma once

namespace procpool::os {

/// How much a pipe for much output should hold: with less, the one who writes and the one who
/// reads wait for each other every 64 KiB, which costs a third of the speed where they are in
/// different sessions. More would use up what all pipes of a user may hold (pipe(7),
/// pipe-user-pages-soft), at which new ones become tiny. [bytes]
inline constexpr int wide_pipe = 256 << 10;

/// Makes the pipe as wide, if this is one, and narrower. Where that is refused it stays.
void widen_pipe(int descriptor);

}  // namespace procpool::os
