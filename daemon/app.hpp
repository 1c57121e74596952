#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/os/fd.hpp"
#include "common/os/household.hpp"
#include "config/configuration.hpp"
#include "daemon/command_line.hpp"
#include "daemon/flow/job_flow.hpp"
#include "daemon/lifecycle.hpp"
#include "daemon/pool/process_launcher.hpp"
#include "daemon/service_manager/orders.hpp"
#include "daemon/service_manager/passed_sockets.hpp"
#include "daemon/service_manager/reporter.hpp"
#include "daemon/session/listener.hpp"
#include "daemon/verbs/daemon_service.hpp"

namespace procpool {

/// The settings as they were read, and where they are to be read again.
struct AppSettings {
  config::Sources sources;
  config::Configuration configuration;
};

/// Composes the rooms and takes them through the daemon's life (lifecycle.hpp). It has
/// no idea of jobs: that is flow's, nor of calls: that is verbs'.
class App : private verbs::DaemonService, private service_manager::Reported {
 public:
  App(asio::io_context& context, const Options& options, AppSettings settings, store::Store& store,
      pool::WorkerPrograms programs, service_manager::PassedSockets sockets,
      service_manager::Notifier& notifier, const service_manager::Orders& orders);

  /// The whole life, from starting the pools to the end of the last process. Throws if it
  /// was not the one that was wanted.
  asio::awaitable<void> live();

 private:
  // verbs::DaemonService
  reply::Status status(const verbs::Caller& caller) override;
  std::string notice_about_kept_jobs() override;
  std::vector<reply::Limit> limits() override;
  void drain(const verbs::Caller& caller) override;
  void stop(const verbs::Caller& caller) override;
  Result<Reloaded> reload(const verbs::Caller& caller) override;
  reply::Settings settings() override;
  void set_log_level(LogLevel level) override;
  // service_manager::Reported
  std::string summary() override;
  asio::awaitable<void> news() override;
  bool takes_its_time() override;
  std::optional<std::string> fault() override;

  void stop() { enter(next(state_, LifeEvent::stop)); }
  Result<Reloaded> reload();
  Result<Reloaded> read_again();
  asio::awaitable<void> pass_through_states();
  asio::awaitable<void> wait_for_pools();
  asio::awaitable<void> wait_for_store();
  void open_doors();
  asio::awaitable<void> listen_to_signals();
  asio::awaitable<void> reap_strays();
  asio::awaitable<void> wind_down();
  asio::awaitable<void> end();
  void enter(LifeState state);
  /// What is broken cannot be mended in this process: it ends in order, and not well.
  void give_up(const std::string& why);
  /// The most that our life may take from here, once it has begun to end.
  Seconds time_to_the_end() const;

  asio::io_context& context_;
  store::Store& store_;
  const Options& options_;
  const config::Sources sources_;
  config::Configuration in_force_;
  config::Configuration read_;  // last; what of it waits for a restart is not in force
  os::Household household_;
  pool::ProcessLauncher launcher_;
  flow::JobFlow flow_;
  session::Listener listener_;
  std::vector<os::Fd> connected_;  // by others; until we are ready
  service_manager::Reporter reporter_;
  std::optional<std::string> fault_;  // what of us has broken down
  asio::signal_set signals_;
  asio::signal_set child_signals_;
  LifeState state_ = LifeState::starting;
  io::Event state_changed_;
  io::Clock::time_point started_ = io::Clock::now();
  bool told_of_logout_ = false;
};

}  // namespace procpool
