#pragma once

#include <string_view>

#include "common/job/file_piece.hpp"

namespace procpool::client {

/// Writes all of it to a descriptor of whatever kind. An error is an errno, 0 is none.
int write_fully(int descriptor, std::string_view bytes);

/// The same with a part of a file, where it can be within the kernel. EIO if the file ends before.
int copy_out(int file, FilePiece piece, int to);

}  // namespace procpool::client
