#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "client/wake.hpp"
#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// Takes signals in a thread of its own, so that they are answered whatever the main
/// thread waits for, and outside of signal handlers, so that anything may be done. From
/// start() until it is destroyed the signals do nothing else. Start it before other
/// threads.
///
/// A signal that the caller's parent has set to be ignored (nohup) stays ignored.
class Interrupts {
 public:
  using Handler = std::function<void(int signal)>;  // is called in that thread

  static Result<std::unique_ptr<Interrupts>> start(const std::vector<int>& signals, Handler handler);
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

 private:
  Interrupts(os::Fd signals, Wake stop, Handler handler);
  void run();

  os::Fd signals_;
  Wake stop_;
  Handler handler_;
  std::thread thread_;
};

}  // namespace procpool::client
