#pragma once

#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// Something that one thread says to another, once: a descriptor that becomes readable
/// and stays so (eventfd(2)).
class Wake {
 public:
  static Result<Wake> make();

  void wake() const;
  int descriptor() const { return event_.get(); }

 private:
  explicit Wake(os::Fd event) : event_(std::move(event)) {}

  os::Fd event_;
};

}  // namespace procpool::client
