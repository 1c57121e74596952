#pragma once

#include <string>
#include <string_view>

namespace procpool::os {

/// The steps on the way to a running program, in their order. A failure says at
/// which one.
enum class LaunchStage {
  spool,       // the caller's own, before spawn(): to note down that it begins
  input_file,  // the same: the file that becomes standard input
  clone,
  signals,
  session,
  control_group,
  parent_death_signal,
  streams,
  descriptors,
  directory,
  limits,
  execute,
};

std::string_view phrase_of(LaunchStage stage);  // "change to the directory"

struct LaunchFailure {
  LaunchStage stage = LaunchStage::clone;
  int saved_errno = 0;
  std::string subject;  // the program, the directory, the file or the limit; else empty

  /// "cannot execute 'foo': No such file or directory"
  std::string describe() const;
  /// "ENOENT"
  std::string errno_name() const;
};

}  // namespace procpool::os
