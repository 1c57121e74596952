#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "client/wake.hpp"
#include "common/os/fd.hpp"
#include "common/result.hpp"

namespace procpool::client {

/// From here on these signals do nothing but make the descriptor readable (signalfd(2)).
/// One that the caller's parent has set to be ignored (nohup) stays ignored.
Result<os::Fd> take_signals(const std::vector<int>& signals);
/// The next that has come, if any.
std::optional<int> next_signal(const os::Fd& taken);

/// Takes signals in a thread of its own, so that they are answered whatever the main
/// thread waits for, and outside of signal handlers, so that anything may be done. From
/// start() until it is destroyed the signals do nothing else. Start it before other
/// threads.
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
