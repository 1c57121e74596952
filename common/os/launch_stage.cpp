#include "common/os/launch_stage.hpp"

#include <cstring>

namespace procpool::os {

std::string_view phrase_of(LaunchStage stage) {
  switch (stage) {
    case LaunchStage::input_file: return "open the input file";
    case LaunchStage::clone: return "create a process for";
    case LaunchStage::signals: return "reset the signals";
    case LaunchStage::session: return "make a process group";
    case LaunchStage::control_group: return "enter the control group of";
    case LaunchStage::parent_death_signal: return "tie the process to its parent";
    case LaunchStage::streams: return "set the standard streams";
    case LaunchStage::descriptors: return "close the other descriptors";
    case LaunchStage::directory: return "change to the directory";
    case LaunchStage::execute: return "execute";
  }
  return "start";
}

std::string LaunchFailure::describe() const {
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
