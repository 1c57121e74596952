// procpoold: reads its command line and settings, claims its socket, and lives.

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <system_error>

#include "common/os/socket_path.hpp"
#include "common/os/unix_socket.hpp"
#include "common/os/vigil.hpp"
#include "common/version.hpp"
#include "daemon/app.hpp"
#include "daemon/command_line.hpp"
#include "daemon/flow/retention.hpp"
#include "daemon/log/log.hpp"
#include "daemon/programs.hpp"
#include "daemon/service_manager/notifier.hpp"
#include "daemon/service_manager/orders.hpp"
#include "daemon/service_manager/passed_sockets.hpp"
#include "daemon/socket_claim.hpp"
#include "daemon/store/store.hpp"

namespace procpool {
namespace {

// sysexits.h, as far as a service manager may tell them apart.
constexpr int failed = 1;
constexpr int socket_is_served = 75;
constexpr int bad_settings = 78;

int fail(const Error& error, int status = failed) {
  // Of a process that is gone at once the journal knows the unit by the stream alone.
  std::fprintf(stderr, "%sprocpoold: %s\n", log::is_at_journal() ? "<3>" : "",
               log::escaped(error.message()).c_str());
  return status;
}

/// Everything that has a say in the settings.
Result<config::Sources> sources_of(const Options& options) {
  auto sources = config::find_sources(options.config_file, config::Surroundings::of_this_process());
  if (sources && !options.log_level.empty())
    sources->given.push_back({"log.level", options.log_level, {config::Origin::Kind::flag, "--log-level"}});
  return sources;
}

Result<config::Configuration> read_settings(const Result<config::Sources>& sources) {
  if (!sources) return sources.error();
  return config::read_configuration(*sources);
}

void say_good(const config::Configuration& configuration, const std::string& named) {
  for (const std::string& note : configuration.notes)
    std::fprintf(stderr, "procpoold: %s\n", log::escaped(note).c_str());
  for (const std::string& file : configuration.files) {
    const bool is_named = !named.empty() && &file == &configuration.files.front();
    std::printf("%s: good\n", is_named ? named.c_str() : file.c_str());
  }
  if (configuration.files.empty()) std::puts("the built-in settings: good");
}

std::string absolute(const std::string& path) {
  std::error_code unknown;
  const auto whole = std::filesystem::absolute(path, unknown);
  return unknown ? path : whole.string();
}

/// The first line of a log: what runs here, and with what.
std::string introduction(const Options& options, const config::Configuration& configuration) {
  std::string settings;
  for (const std::string& file : configuration.files)
    settings += (settings.empty() ? "" : ", ") + absolute(file);
  return "procpoold " + std::string(version) + " as process " + std::to_string(::getpid()) +
         "; settings: " + (settings.empty() ? "built in" : settings) +
         "; state: " + absolute(options.state_directory) + "; socket: " + absolute(options.socket);
}

/// What the daemon is told by signals waits while nobody listens.
void mask(int how, std::initializer_list<int> signals) {
  sigset_t orders;
  sigemptyset(&orders);
  for (const int signal : signals) sigaddset(&orders, signal);
  sigprocmask(how, &orders, nullptr);
}

/// Where we listen: at what was passed, or at a socket of our own.
Result<void> listen(service_manager::PassedSockets& sockets, const std::string& path, bool for_others) {
  if (sockets.listening.empty()) {
    auto socket = os::listen_at(path, SOMAXCONN, for_others ? 0666 : 0600);
    if (!socket) return socket.error();
    sockets.listening.push_back(*std::move(socket));
  } else if (struct stat found{};
             for_others && ::stat(path.c_str(), &found) == 0 && (found.st_mode & S_IWOTH) == 0) {
    log::info(
        "whom [access] admits needs to be admitted by SocketMode= and SocketGroup= of the socket unit, too");
  }
  if (for_others && !os::is_passable_for_others(path))
    log::warning("whom [access] admits cannot reach " + path +
                 ": its directory is closed to others; 'chmod 711' would open it");
  return {};
}

/// As context.run(), but what comes at once finds us awake.
void work_off(asio::io_context& context) {
  const auto works = [&] { return context.poll() > 0 || context.stopped(); };
  os::Vigil vigil;
  while (!context.stopped()) {
    if (works() || vigil.keep(works)) continue;
    context.run_one();
    vigil.slept();
  }
}

int serve(const Options& options, AppSettings all, const service_manager::Orders& orders,
          service_manager::PassedSockets sockets, service_manager::Notifier& notifier) {
  const auto fail = [&](const Error& error, int status = failed) {
    notifier.failed(error);
    return procpool::fail(error, status);
  };
  const config::Settings& settings = all.configuration.settings;
  mask(SIG_BLOCK, {SIGTERM, SIGINT, SIGUSR1});  // half made, it would leave its socket behind
  auto programs = find_worker_programs(settings.daemon.python);
  if (!programs) return fail(programs.error());
  std::string holder;
  const bool for_others = settings.access.admits_others();
  const auto file = sockets.listening.empty() ? SocketFile::ours : SocketFile::of_the_service_manager;
  auto claim = SocketClaim::take(options.socket, for_others ? 0711 : 0700, file, holder);
  if (!claim) return fail(claim.error());
  if (!*claim)
    return fail(Error(ErrorCode::system, "another daemon (" + holder + ") serves at " + options.socket),
                socket_is_served);
  notifier.status("opening the jobs in " + options.state_directory);
  asio::io_context context(1);
  auto store = store::Store::open(options.state_directory, absolute(options.socket),
                                  flow::retention_of(settings.limits),
                                  [&](std::function<void()> work) { asio::post(context, std::move(work)); });
  if (!store) return fail(store.error());
  if (auto listens = listen(sockets, options.socket, for_others); !listens) return fail(listens.error());

  App app(context, options, std::move(all), **store, *std::move(programs), std::move(sockets), notifier,
          orders);
  mask(SIG_UNBLOCK, {SIGTERM, SIGINT, SIGUSR1});  // SIGHUP waits until the daemon is ready
  int status = 0;
  asio::co_spawn(context, app.live(), [&](std::exception_ptr broken) {
    context.stop();  // whatever else somebody may still be waiting for
    if (!broken) return;
    try {
      std::rethrow_exception(broken);
    } catch (const std::exception& error) {
      const std::string why = std::string("the daemon broke down: ") + error.what();
      log::error(why, {.event = log::Event::breakdown});
      notifier.failed(Error(ErrorCode::system, why));
    }
    status = failed;
  });
  work_off(context);
  // A late order to stop must not make a bad end of a good one.
  mask(SIG_BLOCK, {SIGTERM, SIGINT, SIGHUP, SIGUSR1});
  return status;
}

bool are_same_file(const std::string& a, const std::string& b) {
  struct stat one {};
  struct stat other {};
  return ::stat(a.c_str(), &one) == 0 && ::stat(b.c_str(), &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

/// What was passed is good, and is for the place that we were told.
Result<void> check_passed(const Result<service_manager::PassedSockets>& sockets, const std::string& path) {
  if (!sockets) return sockets.error();
  if (sockets->path.empty() || are_same_file(path, sockets->path)) return {};
  return Error(ErrorCode::invalid_parameter,
               "the service manager listens at " + sockets->path + " for us and --socket says " + path +
                   ": leave --socket away, or change ListenStream= of the socket unit");
}

int run(int argc, char** argv) {
  const auto orders = service_manager::Orders::take_from_environment();
  auto sockets = service_manager::PassedSockets::adopt(orders);
  const auto read = read_command_line(argc, argv, sockets ? sockets->path : "");
  if (const int* status = std::get_if<int>(&read)) return *status;
  const auto& options = std::get<Options>(read);
  // What nobody has a use for, or not yet. spawn() gives children the default back.
  for (const int signal : {SIGPIPE, SIGUSR1, SIGUSR2}) std::signal(signal, SIG_IGN);
  if (!options.check_config) mask(SIG_BLOCK, {SIGHUP});
  service_manager::Notifier notifier(options.check_config ? "" : orders.notify_socket);
  log::begin(LogFormat::automatic, orders.journal_stream);
  auto sources = sources_of(options);
  auto configuration = read_settings(sources);
  if (configuration && !options.check_config)
    if (auto good = check_passed(sockets, options.socket); !good) configuration = good.error();
  if (!configuration) {
    notifier.failed(configuration.error());
    return fail(configuration.error(), bad_settings);
  }
  if (options.check_config) {
    say_good(*configuration, options.config_file);
    return 0;
  }
  log::set_level(configuration->settings.log.level);
  log::set_format(configuration->settings.log.format);
  log::info(introduction(options, *configuration));
  for (const std::string& note : configuration->notes) log::warning(note);
  return serve(options, {*std::move(sources), *std::move(configuration)}, orders, *std::move(sockets),
               notifier);
}

}  // namespace
}  // namespace procpool

int main(int argc, char** argv) {
  try {
    return procpool::run(argc, argv);
  } catch (const std::system_error& error) {
    std::fprintf(stderr, "procpoold: the system refuses what the daemon needs: %s\n", error.what());
    return EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "procpoold: a bug: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
