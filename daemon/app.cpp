#include "daemon/app.hpp"

#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "common/os/open_files.hpp"
#include "common/version.hpp"
#include "daemon/log/log.hpp"
#include "daemon/notify.hpp"
#include "daemon/reload.hpp"

namespace procpool {
namespace {

/// For what must end by itself once everything was told to: workers, connections.
constexpr std::chrono::seconds end_time{10};

io::Clock::time_point after(Seconds time) {
  return io::Clock::now() + std::chrono::duration_cast<io::Clock::duration>(time);
}

void log_breakdown(std::exception_ptr broken) {
  if (!broken) return;
  try {
    std::rethrow_exception(broken);
  } catch (const std::exception& error) {
    log::error(std::string("a part of the daemon broke down: ") + error.what());
  }
}

}  // namespace

App::App(asio::io_context& context, const Options& options, config::Settings settings, store::Store& store,
         pool::WorkerPrograms programs, os::Fd socket)
    : context_(context),
      store_(store),
      options_(options),
      settings_(std::move(settings)),
      launcher_(std::move(programs), household_),
      flow_(context.get_executor(), settings_, store, launcher_, household_),
      listener_(context.get_executor(), std::move(socket), settings_, {flow_, flow_, *this}),
      signals_(context, SIGTERM, SIGINT, SIGHUP),
      child_signals_(context, SIGCHLD),
      state_changed_(context.get_executor()) {
  household_.members_get(os::raise_open_files());
}

asio::awaitable<void> App::live() {
  using namespace asio::experimental::awaitable_operators;
  co_await (pass_through_states() || listen_to_signals() || reap_strays());
}

asio::awaitable<void> App::pass_through_states() {
  co_await flow_.begin(settings_.pools);
  co_await wait_for_pools();
  if (state_ == LifeState::starting) {
    asio::co_spawn(context_, listener_.run(), log_breakdown);
    enter(next(state_, LifeEvent::ready));
    log::info("ready on " + options_.socket);
    notify::ready("serving on " + options_.socket);
  }
  while (state_ == LifeState::serving) co_await state_changed_.wait();
  notify::stopping();
  flow_.refuse_jobs();
  co_await wind_down();
  co_await end();
}

/// A pool that is broken stands as well: the others are of use, and it says why.
asio::awaitable<void> App::wait_for_pools() {
  while (state_ == LifeState::starting && !flow_.pools_stand()) co_await flow_.pool_news(after(Seconds(1)));
}

asio::awaitable<void> App::listen_to_signals() {
  for (;;) {
    asio::error_code failed;
    const int signal = co_await signals_.async_wait(asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_await io::wait_for_ever();  // which is not long if all of it ends
    if (signal != SIGHUP) {
      log::info(signal == SIGTERM ? "told to stop by SIGTERM" : "told to stop by SIGINT");
      stop();
      continue;
    }
    const auto reloaded = reload();
    if (!reloaded) log::error("the settings stay as they are: " + reloaded.error().message());
  }
}

/// Orphans of what runs in our workers come to us, and end when they like.
asio::awaitable<void> App::reap_strays() {
  for (;;) {
    asio::error_code failed;
    co_await child_signals_.async_wait(asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_await io::wait_for_ever();
    household_.reap_strays();
  }
}

asio::awaitable<void> App::wind_down() {
  io::Deadline deadline;
  LifeState counted_for = LifeState::serving;
  while (state_ != LifeState::ending) {
    if (state_ != counted_for) {
      counted_for = state_;
      if (state_ == LifeState::stopping) {
        flow_.hold_kept_jobs();
        deadline = after(settings_.daemon.stop_timeout);
      }
      if (state_ == LifeState::cancelling) {
        flow_.cancel_all("the daemon is stopping");
        deadline = after(settings_.daemon.kill_after + Seconds(end_time));
      }
    }
    if (!flow_.has_open_jobs()) {
      enter(next(state_, LifeEvent::idle));
    } else if (deadline && io::Clock::now() >= *deadline) {
      enter(next(state_, LifeEvent::time_up));
    } else {
      // A job's end and a second SIGTERM both may come at any time.
      using namespace asio::experimental::awaitable_operators;
      co_await (flow_.any_news(deadline) || state_changed_.wait(deadline));
    }
  }
}

asio::awaitable<void> App::end() {
  flow_.end_pools("the daemon ended");
  flow_.end_callbacks();
  listener_.close();
  const auto give_up = after(end_time);
  while (!flow_.all_pools_ended() && io::Clock::now() < give_up) co_await flow_.pool_news(give_up);
  // Answers that are on their way get one second; who does not read them is cut off.
  const auto last_answers = after(Seconds(1));
  while (listener_.is_answering() && io::Clock::now() < last_answers) co_await listener_.news(last_answers);
  listener_.cut_off();
  flow_.close_history();
  store_.close();
  log::info("ended");
}

void App::enter(LifeState state) {
  if (state == state_) return;
  log::debug("from " + std::string(name_of(state_)) + " to " + std::string(name_of(state)));
  state_ = state;
  state_changed_.notify_all();
}

reply::Status App::status() {
  reply::Status status;
  status.version = version;
  status.pid = ::getpid();
  status.state = name_of(state_);
  status.socket = options_.socket;
  status.uptime_seconds = Seconds(io::Clock::now() - started_).count();
  status.connections = listener_.connections();
  flow_.describe(status);
  status.limits = limits();
  return status;
}

std::vector<reply::Limit> App::limits() {
  auto limits = flow_.limits();
  for (reply::Limit& limit : listener_.describe()) limits.push_back(std::move(limit));
  std::sort(limits.begin(), limits.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return limits;
}

Result<verbs::DaemonService::Reloaded> App::reload() {
  notify::reloading();
  auto reloaded = apply_new_settings(options_.config_file, settings_, flow_);
  if (reloaded)
    for (const std::string& change : reloaded->changed) log::info("settings: " + change);
  notify::ready("serving on " + options_.socket);
  return reloaded;
}

}  // namespace procpool
