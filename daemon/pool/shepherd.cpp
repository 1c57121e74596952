#include "daemon/pool/shepherd.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <utility>
#include <vector>

#include "common/os/process_table.hpp"
#include "daemon/io/await_child.hpp"

namespace procpool::pool {
namespace {

constexpr int most_rounds = 50;
constexpr int round_milliseconds = 2;

void send(const os::Fd& process, int number) {
  if (process) syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0);
}

/// Those who live. They may be somebody else's if the process has ended meanwhile.
std::vector<os::Fd> living_below(pid_t pid) {
  std::vector<os::Fd> found;
  for (const os::Descendant& below : os::descendants_of(pid)) {
    const auto facts = os::facts_of(below.pid);
    if (!facts || !facts->is_alive()) continue;
    if (os::Fd process = os::open_descendant(below)) found.push_back(std::move(process));
  }
  return found;
}

}  // namespace

Result<std::optional<Shepherd>> Shepherd::find(const os::ProcessIdentity& worker) {
  auto process = os::open_process(worker);
  if (!process) return process.error();
  if (!*process) return std::optional<Shepherd>();
  return std::optional<Shepherd>(Shepherd(worker.pid, *std::move(process)));
}

asio::awaitable<void> Shepherd::ended() const { return io::process_ended(process_.get()); }

bool Shepherd::has_ended_within(int milliseconds) const {
  pollfd asked{process_.get(), POLLIN, 0};
  return ::poll(&asked, 1, milliseconds) > 0;
}

void Shepherd::signal(int number) const { send(process_, number); }

void Shepherd::cancel() const {
  signal(SIGTERM);
  signal(SIGCONT);  // a stopped process would not hear of it
}

/// It adopts every orphan among what came from it. So it stands still while those are
/// killed, as nobody could find them without it.
void Shepherd::kill() const {
  signal(SIGSTOP);
  for (int round = 0; round < most_rounds; ++round) {
    const std::vector<os::Fd> below = living_below(pid_);
    if (below.empty() || has_ended_within(0)) break;
    for (const os::Fd& process : below) send(process, SIGKILL);
    if (has_ended_within(round_milliseconds)) break;
  }
  signal(SIGKILL);
}

}  // namespace procpool::pool
