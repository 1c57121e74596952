#include "client/interrupts.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace procpool::client {
namespace {

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && (action.sa_flags & SA_SIGINFO) == 0 &&
         action.sa_handler == SIG_IGN;
}

}  // namespace

Result<os::Fd> take_signals(const std::vector<int>& signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals)
    if (!is_ignored(signal)) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  os::Fd taken(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!taken) return Error::system("cannot take signals", errno);
  return taken;
}

std::optional<int> next_signal(const os::Fd& taken) {
  signalfd_siginfo info{};
  if (read(taken.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

Interrupts::Interrupts(os::Fd signals, Wake stop, Handler handler)
    : signals_(std::move(signals)), stop_(std::move(stop)), handler_(std::move(handler)) {}

Result<std::unique_ptr<Interrupts>> Interrupts::start(const std::vector<int>& signals, Handler handler) {
  auto taken = take_signals(signals);
  if (!taken) return taken.error();
  auto stop = Wake::make();
  if (!stop) return stop.error();
  std::unique_ptr<Interrupts> interrupts(
      new Interrupts(*std::move(taken), *std::move(stop), std::move(handler)));
  interrupts->thread_ = std::thread([interrupts = interrupts.get()] { interrupts->run(); });
  return interrupts;
}

/// The signals stay blocked: the program is about to exit with a status that is known.
Interrupts::~Interrupts() {
  stop_.wake();
  if (thread_.joinable()) thread_.join();
}

void Interrupts::run() {
  std::array<pollfd, 2> waiting{{{signals_.get(), POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}}};
  for (;;) {
    poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) return;
    while (const auto signal = next_signal(signals_)) handler_(*signal);
  }
}

}  // namespace procpool::client
