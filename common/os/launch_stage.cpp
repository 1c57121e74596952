#include "common/os/launch_stage.hpp"

#include <cerrno>
#include <cstring>

namespace procpool::os {

std::string_view phrase_of(LaunchStage stage) {
  switch (stage) {
    case LaunchStage::spool: return "write to the spool file";
    case LaunchStage::input_file: return "open the input file";
    case LaunchStage::clone: return "create a process for";
    case LaunchStage::signals: return "reset the signals";
    case LaunchStage::session: return "make a process group";
    case LaunchStage::control_group: return "enter the control group of";
    case LaunchStage::parent_death_signal: return "tie the process to its parent";
    case LaunchStage::streams: return "set the standard streams";
    case LaunchStage::descriptors: return "close the other descriptors";
    case LaunchStage::directory: return "change to the directory";
    case LaunchStage::limits: return "set the limits";
    case LaunchStage::execute: return "execute";
  }
  return "start";
}

namespace {

/// What the kernel means by its refusal of a limit.
std::string reason_of_refusal(const std::string& limit, int reason) {
  if (limit == "cpus" && reason == EINVAL) return "none of these CPUs may be used";
  if (reason == EPERM || reason == EACCES) return "it is beyond what this process may have";
  return std::strerror(reason);
}

}  // namespace

std::string LaunchFailure::describe() const {
  if (stage == LaunchStage::limits)
    return "cannot " + std::string(phrase_of(stage)) + ": " + subject + ": " +
           reason_of_refusal(subject, saved_errno);
  std::string text = "cannot ";
  text += phrase_of(stage);
  if (!subject.empty()) text += " '" + subject + "'";
  return text + ": " + std::strerror(saved_errno);
}

std::string LaunchFailure::errno_name() const {
  const char* name = strerrorname_np(saved_errno);
  return name != nullptr ? name : std::to_string(saved_errno);
}

}  // namespace procpool::os
