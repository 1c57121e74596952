#include "daemon/app.hpp"

#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "common/json/writer.hpp"
#include "common/os/open_files.hpp"
#include "common/version.hpp"
#include "daemon/log/log.hpp"
#include "daemon/reload.hpp"
#include "daemon/service_manager/lingering.hpp"

namespace procpool {
namespace {

/// For what must end by itself once everything was told to: workers, connections.
constexpr std::chrono::seconds end_time{10};

io::Clock::time_point after(Seconds time) {
  return io::Clock::now() + std::chrono::duration_cast<io::Clock::duration>(time);
}

bool is_up(LifeState state) { return state == LifeState::starting || state == LifeState::serving; }

/// main() has let SIGHUP wait: until now there was nothing to reload.
void admit_reloads() {
  sigset_t reload;
  sigemptyset(&reload);
  sigaddset(&reload, SIGHUP);
  sigprocmask(SIG_UNBLOCK, &reload, nullptr);
}

std::string quoted(const std::string& text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}

std::optional<reply::LoggedError> last_error() {
  const auto entry = log::last_error();
  if (!entry) return std::nullopt;
  return reply::LoggedError{entry->at, entry->line};
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

App::App(asio::io_context& context, const Options& options, AppSettings settings, store::Store& store,
         pool::WorkerPrograms programs, service_manager::PassedSockets sockets,
         service_manager::Notifier& notifier, std::optional<std::chrono::microseconds> watchdog)
    : context_(context),
      store_(store),
      options_(options),
      sources_(std::move(settings.sources)),
      in_force_(settings.configuration),
      read_(std::move(settings.configuration)),
      launcher_(std::move(programs), household_),
      flow_(context.get_executor(), in_force_.settings, store, launcher_, household_),
      listener_(context.get_executor(), std::move(sockets.listening), in_force_.settings,
                {flow_, flow_, *this}),
      connected_(std::move(sockets.connected)),
      reporter_(notifier, watchdog, *this),
      signals_(context, SIGTERM, SIGINT, SIGHUP),
      child_signals_(context, SIGCHLD),
      state_changed_(context.get_executor()) {
  household_.members_get(os::raise_open_files());
}

asio::awaitable<void> App::live() {
  using namespace asio::experimental::awaitable_operators;
  co_await (pass_through_states() || listen_to_signals() || reap_strays() || reporter_.run());
}

asio::awaitable<void> App::pass_through_states() {
  co_await flow_.begin(in_force_.settings.pools);
  co_await wait_for_pools();
  co_await wait_for_store();
  if (state_ == LifeState::starting) {
    open_doors();
    enter(next(state_, LifeEvent::ready));
    log::info("ready on " + options_.socket);
    reporter_.ready();
    admit_reloads();
  }
  while (state_ == LifeState::serving) co_await state_changed_.wait();
  flow_.refuse_jobs();
  co_await wind_down();
  co_await end();
}

void App::open_doors() {
  asio::co_spawn(context_, listener_.run(), [this](std::exception_ptr broken) {
    log_breakdown(broken);
    if (broken) fault_ = "nobody accepts connections any more";
  });
  for (os::Fd& connection : connected_) listener_.welcome(std::move(connection));
  connected_.clear();
}

/// A pool that is broken stands as well: the others are of use, and it says why.
asio::awaitable<void> App::wait_for_pools() {
  while (state_ == LifeState::starting && !flow_.pools_stand()) co_await flow_.pool_news(after(Seconds(1)));
}

/// It has just been given its first words to write; the first client must not be sooner. As
/// a rule that is long over when the workers stand.
asio::awaitable<void> App::wait_for_store() {
  constexpr Seconds look_again{0.01};
  while (state_ == LifeState::starting && !store_.has_answered())
    co_await state_changed_.wait(after(look_again));
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
        deadline = after(in_force_.settings.daemon.stop_timeout);
      }
      if (state_ == LifeState::cancelling) {
        flow_.cancel_all("the daemon is stopping");
        deadline = after(in_force_.settings.daemon.kill_after + Seconds(end_time));
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
  const bool begins_to_end = is_up(state_) && !is_up(state);
  state_ = state;
  if (begins_to_end) reporter_.stopping();
  if (!is_up(state) && state != LifeState::draining)
    reporter_.need(std::chrono::duration_cast<std::chrono::microseconds>(time_to_the_end()));
  state_changed_.notify_all();
}

Seconds App::time_to_the_end() const {
  const auto& times = in_force_.settings.daemon;
  const Seconds last = 2 * Seconds(end_time);  // of pools and answers, and what the disk takes
  const Seconds cancelling = times.kill_after + Seconds(end_time);
  if (state_ == LifeState::stopping) return times.stop_timeout + cancelling + last;
  return state_ == LifeState::cancelling ? cancelling + last : last;
}

std::string App::summary() {
  reply::Status status;
  flow_.describe(status);
  std::string broken;
  for (const std::string& pool : status.broken_pools) broken += (broken.empty() ? ", broken: " : ", ") + pool;
  return std::string(name_of(state_)) + " on " + options_.socket + ": " + std::to_string(status.workers) +
         " workers in " + std::to_string(status.pools) + " pools" + broken + "; " +
         std::to_string(status.jobs) + " jobs are open, " + std::to_string(status.tasks_running) +
         " tasks run, " + std::to_string(status.tasks_queued) + " wait";
}

asio::awaitable<void> App::news() {
  using namespace asio::experimental::awaitable_operators;
  co_await (flow_.activity() || state_changed_.wait());
}

bool App::takes_its_time() { return state_ == LifeState::starting || state_ == LifeState::draining; }

reply::Status App::status(const verbs::Caller& caller) {
  reply::Status status;
  status.version = version;
  status.pid = ::getpid();
  status.state = name_of(state_);
  status.socket = options_.socket;
  status.uptime_seconds = Seconds(io::Clock::now() - started_).count();
  status.connections = listener_.connections();
  flow_.describe(status);
  const pool::Launcher::Rung rung = launcher_.rung();
  status.control_group = rung.control_group;
  status.control_group_reason = rung.reason;
  status.disk = flow_.disk();
  status.oldest_waiting = flow_.oldest_waiting(caller);
  if (caller.may_administer) status.last_error = last_error();
  status.lingering = service_manager::user_lingers();
  status.limits = limits();
  return status;
}

/// Who is not asked for a job to be kept needs not know, so it is told with the first.
std::string App::notice_about_kept_jobs() {
  if (std::exchange(told_of_logout_, true) || service_manager::user_lingers().value_or(true)) return "";
  return "when you log out this daemon ends: what runs then is lost, what is queued waits for your next "
         "login; 'loginctl enable-linger' lets it go on";
}

std::vector<reply::Limit> App::limits() {
  auto limits = flow_.limits();
  for (reply::Limit& limit : listener_.describe()) limits.push_back(std::move(limit));
  std::sort(limits.begin(), limits.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return limits;
}

Result<verbs::DaemonService::Reloaded> App::reload() {
  if (state_ != LifeState::serving)
    return Error(ErrorCode::draining,
                 "the daemon is " + std::string(name_of(state_)) + " and reads no settings any more");
  reporter_.reloading();
  auto reloaded = read_again();
  if (reloaded) {
    for (const std::string& change : reloaded->changed) log::info("settings: " + change);
    for (const std::string& key : reloaded->needs_restart)
      log::warning("settings: " + key + " needs a restart of the daemon");
    if (reloaded->changed.empty() && reloaded->needs_restart.empty())
      log::info("settings: nothing has changed");
  }
  reporter_.ready();
  return reloaded;
}

Result<verbs::DaemonService::Reloaded> App::read_again() {
  auto fresh = config::read_configuration(sources_);
  // It is no parameter of the call that is wrong.
  if (!fresh) return Error(ErrorCode::system, fresh.error().message());
  auto reloaded = apply_new_settings(*fresh, in_force_, flow_);
  if (reloaded) {
    log::set_level(in_force_.settings.log.level);
    log::set_format(in_force_.settings.log.format);
    read_ = *std::move(fresh);
  }
  return reloaded;
}

reply::Settings App::settings() {
  reply::Settings all;
  all.files = read_.files;
  const auto add = [&all](const std::string& name, const std::string& value, const config::Origin& origin,
                          const std::string& after_restart) {
    all.settings.push_back({name, value, std::string(name_of(origin.kind)), origin.where, after_restart});
  };
  add("socket", quoted(options_.socket), options_.socket_origin, "");
  add("state_dir", quoted(options_.state_directory), options_.state_directory_origin, "");
  for (const config::ListedSetting& one : config::list_settings(in_force_, read_))
    add(one.key, one.value, one.origin, one.after_restart);
  return all;
}

void App::set_log_level(LogLevel level) {
  log::set_level(level);
  in_force_.settings.log.level = level;
  in_force_.origins["log.level"] = {config::Origin::Kind::client, "procpool daemon log-level"};
  log::info("the log is at level " + std::string(name_of(level)) + " until the settings are read again");
}

}  // namespace procpool
