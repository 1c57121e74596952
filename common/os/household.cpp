#include "common/os/household.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include "common/os/process_table.hpp"

namespace procpool::os {
namespace {

using Clock = std::chrono::steady_clock;

/// A killed process may be in the middle of a system call that takes its time.
constexpr std::chrono::seconds patience{3};
/// Unless it was us who were stopped that long.
constexpr int least_rounds = 30;
constexpr int poll_milliseconds = 100;

void send(const Fd& process, int number) {
  if (process) syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0);
}

/// Nobody else reaps our children, so the number is still that of the stray.
void reap(pid_t stray) { waitid(P_PID, static_cast<id_t>(stray), nullptr, WEXITED | WNOHANG); }

/// Kills it and all that comes from it. Its children come to us by its death, so what it
/// makes meanwhile is found the next time.
void kill_tree(pid_t stray) {
  for (const Descendant& below : descendants_of(stray)) send(open_descendant(below), SIGKILL);
  const Fd process = open_descendant({stray, getpid()});
  send(process, SIGKILL);
  pollfd ended{process.get(), POLLIN, 0};
  if (process) poll(&ended, 1, poll_milliseconds);
  reap(stray);
}

/// Cheaper than to look through our children, and the answer as a rule.
bool has_children() {
  siginfo_t info{};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

}  // namespace

Household::Household() { prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

Household::~Household() { prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0); }

Household::Member::Member(Household& household, pid_t pid, std::string mark)
    : household_(household),
      place_(household.members_.insert(household.members_.end(), {pid, std::move(mark)})) {}

Household::Member::~Member() {
  if (!is_let_go_) household_.members_.erase(place_);
}

std::vector<pid_t> Household::strays() const {
  if (!has_children()) return {};
  std::vector<pid_t> children = children_of(getpid());
  std::erase_if(children, [this](pid_t child) {
    return std::any_of(members_.begin(), members_.end(),
                       [child](const Member::Entry& member) { return member.pid == child; });
  });
  return children;
}

bool Household::is_spared(pid_t stray) const {
  return std::any_of(members_.begin(), members_.end(), [stray](const Member::Entry& member) {
    return !member.mark.empty() && has_environment_entry(stray, member.mark);
  });
}

void Household::end_strays() {
  const auto give_up = Clock::now() + patience;
  bool found = true;
  for (int round = 0; found && (round < least_rounds || Clock::now() < give_up); ++round) {
    found = false;
    for (const pid_t stray : strays()) {
      if (is_spared(stray)) continue;
      kill_tree(stray);
      found = true;
    }
  }
}

void Household::reap_strays() {
  for (const pid_t stray : strays())
    if (const auto facts = facts_of(stray); facts && !facts->is_alive()) reap(stray);
}

void Household::signal_outside_group_of(const Child& leader, int number) const {
  for (const Descendant& process : descendants_of(getpid()))
    if (const auto facts = facts_of(process.pid); facts && facts->group != leader.pid())
      send(open_descendant(process), number);
}

}  // namespace procpool::os
