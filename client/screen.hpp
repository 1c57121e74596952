#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "client/action.hpp"
#include "common/job/file_piece.hpp"

namespace procpool::client {

/// Everything that goes to standard error: messages, one line each, and on a terminal
/// a status line below them, which is wiped before anything else is written. Only colours
/// are escape sequences; the status line does with carriage returns and spaces.
///
/// It belongs to the main thread; only error() and leave_terminal_clean() may be called
/// from others.
class Screen {
 public:
  Screen(Color color, Verbosity verbosity);

  /// "procpool: SENTENCE", in any case.
  void error(std::string_view sentence);
  /// The same, unless the user wants it quiet.
  void notice(std::string_view sentence);
  /// Text of several lines, only with --verbose.
  void detail(std::string_view lines);
  /// Bytes of a command, as they are.
  void bytes(std::string_view raw);
  void bytes(int file, FilePiece piece);

  /// Replaces the status line. Only for a terminal, and for one line of it.
  void status(const std::string& line);
  void clear_status();
  /// Before the process ends at once, in whatever thread.
  void leave_terminal_clean();

  bool verbose() const { return verbosity_ == Verbosity::verbose; }
  bool quiet() const { return verbosity_ == Verbosity::quiet; }
  /// May the cursor be moved on standard error?
  bool is_terminal() const { return is_terminal_; }
  /// May standard output be coloured?
  bool colours_output() const { return colours_output_; }

 private:
  Verbosity verbosity_;
  bool is_terminal_;
  bool colours_errors_;
  bool colours_output_;
  /// Takes the status line out of the record; what wipes it, or nothing if there is none.
  std::string wiped_status();

  std::atomic<std::size_t> status_columns_ = 0;
};

}  // namespace procpool::client
