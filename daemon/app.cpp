#include "daemon/app.hpp"

#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "common/counted.hpp"
#include "common/json/writer.hpp"
#include "common/os/oom_score.hpp"
#include "common/os/open_files.hpp"
#include "common/version.hpp"
#include "daemon/log/log.hpp"
#include "daemon/reload.hpp"
#include "daemon/service_manager/lingering.hpp"
#include "daemon/state_in_log.hpp"

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

std::string what_of(std::exception_ptr broken) {
  try {
    std::rethrow_exception(broken);
  } catch (const std::exception& error) {
    return error.what();
  }
}

void log_order(const std::string& what, const verbs::Caller& caller) {
  const std::string process = caller.pid > 0 ? ", process " + std::to_string(caller.pid) : "";
  log::info("told to " + what + " by user " + std::to_string(caller.uid) + process, {.user = caller.uid});
}

std::optional<reply::LoggedError> last_error() {
  const auto entry = log::last_error();
  if (!entry) return std::nullopt;
  return reply::LoggedError{entry->at, entry->line};
}

}  // namespace

App::App(asio::io_context& context, const Options& options, AppSettings settings, store::Store& store,
         pool::WorkerPrograms programs, service_manager::PassedSockets sockets,
         service_manager::Notifier& notifier, const service_manager::Orders& orders)
    : context_(context),
      store_(store),
      options_(options),
      sources_(std::move(settings.sources)),
      in_force_(settings.configuration),
      read_(std::move(settings.configuration)),
      launcher_(std::move(programs), household_, {.unit_delegates = orders.delegates}),
      flow_(context.get_executor(), in_force_.settings, store, launcher_, household_),
      listener_(context.get_executor(), std::move(sockets.listening), in_force_.settings,
                {flow_, flow_, *this}),
      connected_(std::move(sockets.connected)),
      reporter_(notifier, orders.watchdog, *this),
      signals_(context, SIGTERM, SIGINT, SIGHUP),
      child_signals_(context, SIGCHLD),
      state_changed_(context.get_executor()) {
  signals_.add(SIGUSR1);
  household_.members_get(os::raise_open_files(), os::oom_score_for_children());
}

asio::awaitable<void> App::live() {
  using namespace asio::experimental::awaitable_operators;
  co_await (pass_through_states() || listen_to_signals() || reap_strays() || reporter_.run());
  if (fault_) throw std::runtime_error(*fault_);
}

asio::awaitable<void> App::pass_through_states() {
  co_await flow_.begin(in_force_.settings.pools);
  co_await wait_for_pools();
  co_await wait_for_store();
  if (state_ == LifeState::starting) {
    open_doors();
    enter(next(state_, LifeEvent::ready));
    log::info("ready on " + options_.socket, {.event = log::Event::ready});
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
    if (broken) give_up("nobody accepts connections any more: " + what_of(broken));
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
    if (signal == SIGUSR1) {
      log_state(summary(), flow_);
      continue;
    }
    if (signal != SIGHUP) {
      log::info(signal == SIGTERM ? "told to stop by SIGTERM" : "told to stop by SIGINT");
      stop();
      continue;
    }
    log::info("told to read the settings again by SIGHUP");
    static_cast<void>(reload());  // which tells the log how it went
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
    const bool is_cancelling = state_ == LifeState::cancelling;
    if (!(is_cancelling ? flow_.has_ending_jobs() : flow_.has_open_jobs())) {
      enter(next(state_, LifeEvent::idle));
    } else if (deadline && io::Clock::now() >= *deadline) {
      enter(next(state_, LifeEvent::time_up));
    } else {
      co_await flow_.any_news(deadline);  // a job's end, or a second SIGTERM
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
  log::info("ended", {.event = log::Event::ended});
}

void App::enter(LifeState state) {
  if (state == state_) return;
  const bool begins_to_end = is_up(state_) && !is_up(state);
  const auto tell = begins_to_end ? log::info : log::debug;
  tell("from " + std::string(name_of(state_)) + " to " + std::string(name_of(state)),
       {.event = begins_to_end ? log::Event::stopping : log::Event::none});
  state_ = state;
  if (begins_to_end) reporter_.stopping();
  if (!is_up(state) && state != LifeState::draining)
    reporter_.need(std::chrono::duration_cast<std::chrono::microseconds>(time_to_the_end()));
  state_changed_.notify_all();
  flow_.look_again();
}

void App::give_up(const std::string& why) {
  fault_ = why;
  log::error("the daemon ends, because " + why);
  stop();
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
  return std::string(name_of(state_)) + " on " + options_.socket + ": " + counted(status.workers, "worker") +
         " in " + counted(status.pools, "pool") + broken + "; " +
         work_in_words(status.jobs, status.tasks_running, status.tasks_queued) +
         "; control groups: " + std::string(name_of(launcher_.rung().control_group));
}

asio::awaitable<void> App::news() { return flow_.activity(); }

bool App::takes_its_time() { return state_ == LifeState::starting || state_ == LifeState::draining; }

std::optional<std::string> App::fault() {
  static_cast<void>(store_.failed_by_now());  // a new process would not mend it: the log is told
  return fault_;
}

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

void App::drain(const verbs::Caller& caller) {
  log_order("drain", caller);
  enter(next(state_, LifeEvent::drain));
}

void App::stop(const verbs::Caller& caller) {
  log_order("stop", caller);
  stop();
}

Result<verbs::DaemonService::Reloaded> App::reload(const verbs::Caller& caller) {
  log_order("read the settings again", caller);
  return reload();
}

Result<verbs::DaemonService::Reloaded> App::reload() {
  const auto refused = [](const Error& error) {
    log::error("the settings stay as they are: " + error.message(), {.event = log::Event::settings_refused});
    return error;
  };
  if (state_ != LifeState::serving)
    return refused(Error(ErrorCode::draining, "the daemon is " + std::string(name_of(state_)) +
                                                  " and reads no settings any more"));
  reporter_.reloading();
  auto reloaded = read_again();
  if (!reloaded) {
    refused(reloaded.error());
  } else {
    for (const std::string& change : reloaded->changed) log::info("settings: " + change);
    for (const std::string& key : reloaded->needs_restart)
      log::warning("settings: " + key + " needs a restart of the daemon",
                   {.event = log::Event::restart_needed});
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
