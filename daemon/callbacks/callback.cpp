#include "daemon/callbacks/callback.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/this_coro.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "common/os/channel_pair.hpp"
#include "common/os/spawn.hpp"
#include "daemon/io/await_child.hpp"
#include "daemon/io/event.hpp"
#include "daemon/io/line_log.hpp"

namespace procpool::callbacks {
namespace {

constexpr std::chrono::milliseconds between_tries{500};  // of a beginning

/// A file in memory that holds `text`, to be read from its beginning.
Result<os::Fd> file_with(std::string_view text) {
  os::Fd file(::memfd_create("procpool-callback", MFD_CLOEXEC));
  if (!file) return Error::system("cannot make a file for a callback", errno);
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno != EINTR) return Error::system("cannot write the input of a callback", errno);
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

struct Begun {
  os::Child child;
  os::Fd errors;
};

struct Refused {
  std::string why;
  int reason;
};

std::variant<Begun, Refused> begin(const Callback& callback, os::Household& household) {
  auto input = file_with(callback.input);
  if (!input) return Refused{input.error().message(), input.error().saved_errno()};
  auto errors = os::make_pipe();
  if (!errors) return Refused{errors.error().message(), errors.error().saved_errno()};
  os::ChildPlan plan;
  plan.argv = {"/bin/sh", "-c", callback.command};
  plan.environment = callback.environment;
  plan.directory = callback.directory;
  plan.standard_input = input->get();
  plan.standard_error = errors->write.get();
  plan.open_files = household.open_files();
  plan.oom_score = household.oom_score();
  auto started = os::spawn(plan);
  if (const auto* failure = std::get_if<os::LaunchFailure>(&started))
    return Refused{failure->describe(), failure->saved_errno};
  return Begun{std::get<os::Child>(std::move(started)), std::move(errors->read)};
}

/// It was promised to run: what is wanting now may be there soon.
bool passes_by_itself(const Refused& refused) {
  const int reason = refused.reason;
  return reason == EMFILE || reason == ENFILE || reason == ENOMEM || reason == EAGAIN || reason == ENOSPC;
}

asio::awaitable<void> enforce(const os::Child& child, Seconds timeout, Seconds kill_after, bool& late) {
  const auto in = [](Seconds s) {
    return io::Clock::now() + std::chrono::duration_cast<io::Clock::duration>(s);
  };
  const auto limit = in(timeout);
  co_await io::sleep_until(limit);
  if (io::Clock::now() < limit) co_return;  // it ended in time, and we are no longer needed
  late = true;
  child.signal_group(SIGTERM);
  co_await io::sleep_until(in(kill_after));
  child.signal_group(SIGKILL);
  co_await io::wait_for_ever();
}

}  // namespace

asio::awaitable<std::optional<std::string>> run(Callback callback, os::Household& household) {
  using namespace asio::experimental::awaitable_operators;
  const auto give_up = io::Clock::now() + std::chrono::duration_cast<io::Clock::duration>(callback.timeout);
  auto begun = begin(callback, household);
  while (const auto* refused = std::get_if<Refused>(&begun)) {
    if (!passes_by_itself(*refused) || io::Clock::now() >= give_up) co_return refused->why;
    co_await io::sleep_until(io::Clock::now() + between_tries);
    begun = begin(callback, household);
  }
  auto& child = std::get<Begun>(begun).child;
  std::optional<os::Household::Member> member(std::in_place, household, child.pid(), "");
  const auto executor = co_await asio::this_coro::executor;
  io::LineLog said(executor, std::move(std::get<Begun>(begun).errors), [](std::string_view) {});
  bool late = false;
  co_await (io::child_ended(child) || (said.run() && io::wait_for_ever()) ||
            enforce(child, callback.timeout, callback.kill_after, late));
  child.signal_group(SIGKILL);
  said.drain();
  const os::WaitStatus status = child.reap();
  member.reset();
  household.end_strays();
  if (status.succeeded()) co_return std::nullopt;
  std::string why = late ? "its time limit ran out" : status.describe();
  if (!said.last_line().empty()) why += ": " + said.last_line();
  co_return why;
}

}  // namespace procpool::callbacks
