// procpoold: reads its command line and settings, claims its socket, and lives.

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "common/os/socket_path.hpp"
#include "common/os/unix_socket.hpp"
#include "daemon/app.hpp"
#include "daemon/command_line.hpp"
#include "daemon/flow/retention.hpp"
#include "daemon/log/log.hpp"
#include "daemon/programs.hpp"
#include "daemon/socket_claim.hpp"
#include "daemon/store/store.hpp"

namespace procpool {
namespace {

// sysexits.h, as far as a service manager may tell them apart.
constexpr int failed = 1;
constexpr int socket_is_served = 75;
constexpr int bad_settings = 78;

int fail(const Error& error, int status = failed) {
  std::fprintf(stderr, "procpoold: %s\n", error.message().c_str());
  return status;
}

Result<config::Settings> read_settings(const Options& options) {
  return options.config_file.empty() ? config::defaults() : config::read_file(options.config_file);
}

/// What the daemon is told by signals waits while nobody listens.
void mask_orders(int how) {
  sigset_t orders;
  sigemptyset(&orders);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&orders, signal);
  sigprocmask(how, &orders, nullptr);
}

int serve(const Options& options, config::Settings settings) {
  mask_orders(SIG_BLOCK);  // half made, it would leave its socket behind
  auto programs = find_worker_programs(settings.daemon.python);
  if (!programs) return fail(programs.error());
  std::string holder;
  const bool for_others = settings.access.admits_others();
  auto claim = SocketClaim::take(options.socket, for_others ? 0711 : 0700, holder);
  if (!claim) return fail(claim.error());
  if (!*claim)
    return fail(Error(ErrorCode::system, "another daemon (" + holder + ") serves at " + options.socket),
                socket_is_served);
  asio::io_context context(1);
  auto store = store::Store::open(options.state_directory, flow::retention_of(settings.limits),
                                  [&](std::function<void()> work) { asio::post(context, std::move(work)); });
  if (!store) return fail(store.error());
  auto socket = os::listen_at(options.socket, SOMAXCONN, for_others ? 0666 : 0600);
  if (!socket) return fail(socket.error());
  if (for_others && !os::is_passable_for_others(options.socket))
    log::warning("whom [access] admits cannot reach " + options.socket +
                 ": its directory is closed to others; 'chmod 711' would open it");

  App app(context, options, std::move(settings), **store, *std::move(programs), *std::move(socket));
  mask_orders(SIG_UNBLOCK);
  int status = 0;
  asio::co_spawn(context, app.live(), [&](std::exception_ptr broken) {
    context.stop();  // whatever else somebody may still be waiting for
    if (!broken) return;
    try {
      std::rethrow_exception(broken);
    } catch (const std::exception& error) {
      log::error(std::string("the daemon broke down: ") + error.what());
    }
    status = failed;
  });
  context.run();
  // A late order to stop must not make a bad end of a good one.
  mask_orders(SIG_BLOCK);
  return status;
}

int run(int argc, char** argv) {
  const auto read = read_command_line(argc, argv);
  if (const int* status = std::get_if<int>(&read)) return *status;
  const auto& options = std::get<Options>(read);
  log::set_level(options.log_level);
  std::signal(SIGPIPE, SIG_IGN);  // spawn() gives children the default back
  auto settings = read_settings(options);
  if (!settings) return fail(settings.error(), bad_settings);
  if (options.check_config) {
    std::printf("%s: good\n",
                options.config_file.empty() ? "the built-in settings" : options.config_file.c_str());
    return 0;
  }
  return serve(options, *std::move(settings));
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
