// A real worker for commands, and the submitter's socket to which it passes large outputs.

#include <doctest/doctest.h>
#include <fcntl.h>

#include <algorithm>
#include <filesystem>

#include "common/os/unix_socket.hpp"
#include "common/protocol/passed_output.hpp"
#include "daemon/worker/large_output.hpp"
#include "tests/support/process_audit.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/support/worker_driver.hpp"

using namespace procpool;
using namespace procpool::test;
using nlohmann::json;

namespace {

constexpr int roomy = 64 << 10;

struct Passing : WorkerDriver {
  explicit Passing(int waiting = roomy) : socket(os::make_message_pair(waiting).value()) { hear(); }

  /// The answer to one task of the script.
  json run(const std::string& script, const json& more = json::object()) {
    json job{{"pass_outputs", true}, {"capture", 4 << 20}};
    job.update(more);
    tell_job({"sh", "-c", script}, job);
    hand_out(++batch, {nullptr}, {socket.theirs.get()});
    return hear();
  }

  struct Passed {
    protocol::PassedOutput message;
    std::string text;
  };
  std::optional<Passed> passed() {
    std::string room(protocol::longest_passed_output, '\0');
    std::vector<os::Fd> memory;
    const auto received = os::receive_some(socket.ours.get(), room.data(), room.size(), memory);
    if (!received || received->bytes == 0) return std::nullopt;
    const auto message = protocol::decode_passed_output({room.data(), received->bytes});
    REQUIRE(message);
    REQUIRE(memory.size() == 1);
    worker::LargeStream stream{std::move(memory.front()), message->pieces, 0, 0};
    for (const FilePiece& piece : stream.pieces) stream.bytes += piece.length;
    return Passed{*message, worker::text_of(stream).value().bytes};
  }

  os::ChannelPair socket;
  int batch = 0;
};

}  // namespace

TEST_CASE("a small output is in the value, a large one is passed, each stream for itself") {
  const ProcessAudit audit;
  Passing worker;
  const json small = worker.run("echo out; echo err >&2");
  CHECK(small["values"][0]["stdout"] == "out\n");
  CHECK_FALSE(small.contains("passed"));
  CHECK_FALSE(worker.passed());

  const json large = worker.run("yes | head -c 1000000; echo err >&2");
  CHECK(large["passed"] == 1000000);
  CHECK(large["values"][0] ==
        json{{"exit", 0}, {"signal", nullptr}, {"stdout_passed", 1000000}, {"stderr", "err\n"}});
  const auto out = worker.passed();
  REQUIRE(out);
  CHECK(out->message.index == 0);
  CHECK(out->message.stream == OutputStream::out);
  CHECK(out->text.size() == 1000000);
  CHECK(out->text.find_first_not_of("y\n") == std::string::npos);

  const json failed = worker.run("head -c 300000 /dev/zero >&2; exit 3");
  CHECK(failed["state"] == "failed");
  CHECK(failed["passed"] == 300000);
  CHECK(failed["value"]["stderr_passed"] == 300000);
  const auto err = worker.passed();
  REQUIRE(err);
  CHECK(err->message.stream == OutputStream::err);
  CHECK((err->text == std::string(300000, '\0')));
}

TEST_CASE("a passed output is cut at the limit as any other") {
  const ProcessAudit audit;
  Passing worker;
  const json answer = worker.run("echo begin; yes | head -c 1000000; echo end", {{"capture", 300000}});
  CHECK(answer["values"][0]["stdout_passed"] == 300000);
  CHECK(answer["values"][0]["stdout_truncated"] == 1000000 + 10 - 300000);
  const auto out = worker.passed();
  REQUIRE(out);
  CHECK(out->text.starts_with("begin\ny\n"));
  CHECK(out->text.ends_with("y\nend\n"));
}

TEST_CASE("an output that the socket does not take is text") {
  const ProcessAudit audit;
  const std::string script = "head -c 300000 /dev/zero | tr '\\0' x";
  const auto is_text = [](const json& answer) {
    return answer["values"][0].value("stdout", "") == std::string(300000, 'x') && !answer.contains("passed");
  };
  Passing full(0);  // the kernel takes a few, at the least
  int passed = 0;
  while (!is_text(full.run(script))) REQUIRE(++passed < 100);
  CHECK(passed > 0);
  CHECK(full.passed());
  CHECK_FALSE(is_text(full.run(script)));

  Passing deserted;
  deserted.socket.ours.reset();
  CHECK(is_text(deserted.run(script)));
  Passing misled;
  misled.socket.theirs = os::open_file("/dev/null", O_RDWR | O_CLOEXEC);
  CHECK(is_text(misled.run(script)));
  WorkerDriver without;
  without.hear();
  CHECK(is_text(without.run({"sh", "-c", script}, {{"pass_outputs", true}, {"capture", 4 << 20}})));
}

TEST_CASE("an idle worker has no descriptor of the submitter, nor of what it has passed") {
  const ProcessAudit audit;
  Passing worker;
  const auto open_files_with = [&](const std::string& name) {
    const std::filesystem::directory_iterator all("/proc/" + std::to_string(worker.process().pid()) + "/fd");
    return std::count_if(begin(all), end(all), [&](const auto& entry) {
      std::error_code closed;  // meanwhile
      return std::filesystem::read_symlink(entry.path(), closed).string().find(name) != std::string::npos;
    });
  };
  CHECK(worker.run("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2").contains("passed"));
  const auto is_clean = [&] {
    return open_files_with("memfd:procpool-output") == 0 && open_files_with("socket:") == 1;
  };
  CHECK(wait_until(is_clean));
}
