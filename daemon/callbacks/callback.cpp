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
  auto input = file_with(callback.input);
  if (!input) co_return input.error().message();
  auto errors = os::make_pipe();
  if (!errors) co_return errors.error().message();

  os::ChildPlan plan;
  plan.argv = {"/bin/sh", "-c", callback.command};
  plan.environment = callback.environment;
  plan.directory = callback.directory;
  plan.standard_input = input->get();
  plan.standard_error = errors->write.get();
  plan.open_files = household.open_files();
  auto started = os::spawn(plan);
  errors->write.reset();
  if (const auto* failure = std::get_if<os::LaunchFailure>(&started)) co_return failure->describe();

  auto& child = std::get<os::Child>(started);
  std::optional<os::Household::Member> member(std::in_place, household, child.pid(), "");
  const auto executor = co_await asio::this_coro::executor;
  io::LineLog said(executor, std::move(errors->read), [](std::string_view) {});
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
