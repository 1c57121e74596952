#pragma once

#include <poll.h>

#include "common/os/channel_pair.hpp"
#include "common/os/child_plan.hpp"
#include "tests/support/child_output.hpp"

namespace procpool::test {

/// A pipe whose reading end a command gets as standard input. While anybody of the
/// command's descendants keeps it open, the writing end is not in error.
class Leash {
 public:
  os::ChildPlan tie(os::ChildPlan plan) const {
    plan.standard_input = pipe_.read.get();
    return plan;
  }
  bool everybody_is_gone() {
    pipe_.read.reset();
    return wait_for(pipe_.write.get(), POLLERR);
  }
  bool somebody_is_there() {
    pipe_.read.reset();
    pollfd entry{pipe_.write.get(), POLLOUT, 0};
    return poll(&entry, 1, 0) == 1 && (entry.revents & POLLERR) == 0;
  }

 private:
  os::Pipe pipe_ = os::make_pipe().value();
};

}  // namespace procpool::test
