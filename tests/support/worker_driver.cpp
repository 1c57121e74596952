#include "tests/support/worker_driver.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include <array>
#include <utility>

#include "common/os/unix_socket.hpp"
#include "tests/support/child_output.hpp"

namespace procpool::test {
namespace {

std::vector<std::string> built_worker(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{PROCPOOL_BIN_DIR "/procpool-worker"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

os::Child start(const std::vector<std::string>& argv, const os::Fd& channel, const os::Fd& errors) {
  os::ChildPlan plan;
  plan.argv = argv;
  plan.search_path = "/usr/local/bin:/usr/bin:/bin";
  plan.environment = {"PATH=/usr/bin:/bin", "PROCPOOL_POOL=default", "PROCPOOL_SLOT=3"};
  plan.standard_input = plan.standard_output = channel.get();
  plan.standard_error = errors.get();
  auto spawned = os::spawn(plan);
  REQUIRE(std::holds_alternative<os::Child>(spawned));
  return std::get<os::Child>(std::move(spawned));
}

}  // namespace

WorkerDriver::WorkerDriver(const std::vector<std::string>& arguments)
    : WorkerDriver(built_worker(arguments), os::make_channel_pair().value(), os::make_pipe().value()) {}

WorkerDriver WorkerDriver::running(const std::vector<std::string>& argv) {
  return WorkerDriver(argv, os::make_channel_pair().value(), os::make_pipe().value());
}

WorkerDriver::WorkerDriver(const std::vector<std::string>& argv, os::ChannelPair pair, os::Pipe errors)
    : errors_(std::move(errors.read)),
      channel_(std::move(pair.ours)),
      child_(start(argv, pair.theirs, errors.write)) {}

std::vector<nlohmann::json> WorkerDriver::hear_values(std::size_t count) {
  std::vector<nlohmann::json> values;
  while (values.size() < count) {
    const nlohmann::json answer = hear();
    REQUIRE(answer.contains("values"));
    values.insert(values.end(), answer["values"].begin(), answer["values"].end());
  }
  REQUIRE(values.size() == count);
  return values;
}

void WorkerDriver::say(const nlohmann::json& message, const std::vector<int>& descriptors) {
  say_line(message.dump(), descriptors);
}

void WorkerDriver::say_line(const std::string& line, const std::vector<int>& descriptors) {
  const std::string bytes = line + "\n";
  std::string_view rest = bytes;
  while (!rest.empty()) {
    REQUIRE(wait_for(channel_.get(), POLLOUT));
    const auto sent =
        os::send_some(channel_.get(), rest, rest.size() == bytes.size() ? descriptors : std::vector<int>{});
    REQUIRE(sent);
    rest.remove_prefix(*sent);
  }
}

bool WorkerDriver::says_something_within(std::chrono::milliseconds time) const {
  pollfd entry{channel_.get(), POLLIN, 0};
  return poll(&entry, 1, static_cast<int>(time.count())) > 0;
}

nlohmann::json WorkerDriver::hear() {
  std::size_t end = 0;
  while ((end = received_.find('\n')) == std::string::npos) {
    REQUIRE(wait_for(channel_.get(), POLLIN));
    std::array<char, 65536> piece{};
    const auto received = os::receive_some(channel_.get(), piece.data(), piece.size(), descriptors_);
    REQUIRE(received);
    if (received->ended) return nullptr;
    received_.append(piece.data(), received->bytes);
  }
  auto message = nlohmann::json::parse(received_.substr(0, end));
  received_.erase(0, end + 1);
  return message;
}

void WorkerDriver::tell_job(const std::vector<std::string>& argv, const nlohmann::json& more) {
  nlohmann::json job{{"id", 6},
                     {"argv", argv},
                     {"directory", "/"},
                     {"environment", {"PATH=/usr/bin:/bin"}},
                     {"kill_after", 30.0},
                     {"capture", 1000}};
  job.update(more);
  say({{"job", job}});
}

void WorkerDriver::hand_out(int batch, const nlohmann::json& inputs, const std::vector<int>& descriptors) {
  say({{"batch", batch}, {"job", 6}, {"first", 0}, {"attempt", 1}, {"inputs", inputs}}, descriptors);
}

nlohmann::json WorkerDriver::run(const std::vector<std::string>& argv, const nlohmann::json& more) {
  tell_job(argv, more);
  hand_out(1, {nullptr});
  return hear();
}

os::WaitStatus WorkerDriver::end() {
  REQUIRE(wait_for(child_.pidfd(), POLLIN));
  return child_.reap();
}

std::string WorkerDriver::complaints() { return read_all(errors_.get()); }

}  // namespace procpool::test
