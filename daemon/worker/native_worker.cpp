#include "daemon/worker/native_worker.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "common/json/view.hpp"
#include "common/protocol/worker_message.hpp"
#include "daemon/worker/native_batch.hpp"
#include "daemon/worker/native_call.hpp"
#include "daemon/worker/native_library.hpp"
#include "daemon/worker/native_request.hpp"
#include "daemon/worker/say_ready.hpp"

namespace procpool::worker {
namespace {

/// Programs that functions start would inherit that it is ignored.
void do_nothing_at(int signal) {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

constexpr std::size_t outbox_size = std::size_t{1} << 20;  // [bytes]

std::optional<TaskError> initialize(const NativeLibrary& library, const std::string& name,
                                    const std::string& arguments) {
  const NativeFunction* const function = library.find(name);
  if (function == nullptr)
    return TaskError{"no_such_function",
                     "the library has no function '" + name + "' to initialize the worker", "", ""};
  const std::string text = arguments.empty() ? "[]" : arguments;
  const auto checked = json::check(text);
  if (!checked || checked->kind() != json::Kind::array)
    return TaskError{"TypeError", "the initializer's arguments must be a JSON array, not " + text, "", ""};
  NativeCall call;
  std::string value;
  return call.run(name, *function, checked->text(), "{}", value);
}

int fail(Channel& channel, TaskError error) {
  // Whether the daemon still hears it makes no difference to how this worker ends.
  static_cast<void>(
      channel.write_line(worker_message::encode(worker_message::StartFailed{std::move(error)})));
  return EXIT_FAILURE;
}

/// A child that the library forked and that came back to us: nobody waits for it.
void leave_if_forked(pid_t worker) {
  if (getpid() != worker) _exit(EXIT_SUCCESS);
}

int complain(const Error& error) {
  std::fprintf(stderr, "procpool-worker: %s\n", error.message().c_str());
  return EXIT_FAILURE;
}

/// Until the daemon closes the channel.
int serve(Channel& channel, Outbox& outbox, const NativeLibrary& library) {
  NativeBatches batches(channel, outbox, library);
  for (;;) {
    const auto line = channel.wait_for_line();
    if (!line) return complain(line.error());
    if (!*line) return EXIT_SUCCESS;
    const auto request = read_native_request(**line);
    if (!request) return complain(request.error().while_doing("understand the daemon"));
    if (*request && !batches.run(**request)) return EXIT_SUCCESS;  // the daemon is gone
  }
}

}  // namespace

int run_native_worker(Channel& channel, const std::string& library, const std::string& initializer,
                      const std::string& initargs) {
  // What functions print appears in the log line by line. An interrupt is the daemon's affair.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  do_nothing_at(SIGINT);
  do_nothing_at(SIGPIPE);

  const pid_t worker = getpid();
  const auto loaded = NativeLibrary::open(library);
  leave_if_forked(worker);
  if (!loaded) return fail(channel, {"LoadError", loaded.error().message(), "", ""});
  if (!initializer.empty()) {
    auto error = initialize(*loaded, initializer, initargs);
    leave_if_forked(worker);
    if (error) return fail(channel, std::move(*error));
  }

  auto outbox = Outbox::make(outbox_size);
  if (!outbox) return fail(channel, {"OSError", outbox.error().message(), "", ""});
  worker_message::Ready ready;
  ready.functions = loaded->names();
  ready.batches = true;
  ready.gives_back = outbox->is_shared();
  if (!say_ready(channel, std::move(ready), *outbox)) return EXIT_SUCCESS;
  return serve(channel, *outbox, *loaded);
}

}  // namespace procpool::worker
