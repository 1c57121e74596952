#include "tests/sim/fake_workers.hpp"

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "common/os/channel_pair.hpp"
#include "common/os/unix_socket.hpp"

namespace procpool::sim {
namespace {

using nlohmann::json;

/// Numbers that no process of this machine has.
constexpr pid_t no_pid = 1 << 30;

class FakeProcess : public pool::WorkerProcess {
 public:
  FakeProcess(std::shared_ptr<FakeWorker> worker, pid_t pid) : worker_(std::move(worker)), pid_(pid) {}
  ~FakeProcess() override {
    if (worker_->is_alive() && !worker_->is_let_go()) worker_->die(SIGKILL);
  }

  pid_t pid() const override { return pid_; }
  std::int64_t memory_mib() const override { return 1; }
  void signal_group(int number) override { worker_->receive_signal(number); }
  asio::awaitable<void> ended() override { return worker_->ended(); }
  os::WaitStatus bury() override { return worker_->status(); }
  std::uint64_t killed_for_memory() const override { return 0; }
  void let_go() override { worker_->let_go(); }

 private:
  std::shared_ptr<FakeWorker> worker_;
  pid_t pid_;
};

}  // namespace

FakeWorker::FakeWorker(asio::any_io_executor executor, PoolKind kind, Manners manners, os::Fd channel)
    : kind_(kind), manners_(manners), channel_(std::move(channel)), died_(std::move(executor)) {}

// ---- what it says -------------------------------------------------------------------

void FakeWorker::say(const std::string& line) { (void)os::send_some(channel_.get(), line + "\n"); }

void FakeWorker::say_ready() {
  ready_ = true;
  json offer{{"batches", kind_ != PoolKind::program}};
  if (kind_ == PoolKind::command) {
    offer["commands"] = true;
  } else {
    offer["functions"] = {"f"};
  }
  say(json{{"ready", offer}}.dump());
}

void FakeWorker::say_failed() {
  say(json{{"failed", {{"code", "ImportError"}, {"message", "no such module"}}}}.dump());
}

void FakeWorker::say_rubbish() {
  say("what?");
  silent_ = true;
}

void FakeWorker::answer(bool well) {
  const FakeTask task = tasks_.front();
  tasks_.pop_front();
  const json error{{"code", "ValueError"}, {"message", "bad"}};
  if (kind_ == PoolKind::program) {
    say(well ? json{{"task", task.number}, {"value", task.index}}.dump()
             : json{{"task", task.number}, {"error", error}}.dump());
  } else {
    say(well ? json{{"batch", task.number}, {"values", {task.index}}}.dump()
             : json{{"batch", task.number}, {"error", error}}.dump());
  }
  if (tasks_.empty()) cancelled_ = false;
}

void FakeWorker::obey_cancel() {
  const std::int64_t number = tasks_.front().number;
  say(json{
      {"batch", number}, {"state", "cancelled"}, {"error", {{"code", "cancelled"}, {"message", "cancelled"}}}}
          .dump());
  tasks_.pop_front();
  if (!tasks_.empty()) say(json{{"batch", number}, {"dropped", tasks_.size()}}.dump());
  tasks_.clear();
  cancelled_ = false;
}

void FakeWorker::die(int signal) {
  death_ = signal;
  channel_.reset();
  died_.notify_all();
}

// ---- what it hears ------------------------------------------------------------------

void FakeWorker::listen() {
  if (!is_alive()) return;
  std::vector<os::Fd> descriptors;
  bool told_to_leave = false;
  for (;;) {
    std::string piece(65536, '\0');
    const auto received =
        os::receive_some(channel_.get(), piece.data(), piece.size(), descriptors, os::Blocking::never);
    told_to_leave = !received || received->ended;
    if (told_to_leave || received->bytes == 0) break;
    buffer_.append(piece, 0, received->bytes);
  }
  for (auto end = buffer_.find('\n'); end != std::string::npos; end = buffer_.find('\n')) {
    take(buffer_.substr(0, end));
    buffer_.erase(0, end + 1);
  }
  if (told_to_leave && manners_ == Manners::leaves_when_told) die(0);
}

void FakeWorker::take(const std::string& line) {
  const json message = json::parse(line);
  if (message.contains("batch")) {
    if (!tasks_.empty()) overloaded_ = true;
    for (std::uint64_t i = 0; i < message["inputs"].size(); ++i)
      tasks_.push_back({message["job"], message["first"].get<std::uint64_t>() + i, message["batch"]});
  } else if (message.contains("task")) {
    if (!tasks_.empty() && tasks_.front().job != message["job"]) overloaded_ = true;
    tasks_.push_back({message["job"], message["index"], message["task"]});
  } else if (message.contains("cancel")) {
    cancelled_ = !tasks_.empty() && tasks_.front().number == message["cancel"];
  }
}

void FakeWorker::receive_signal(int number) {
  if (!is_alive() || is_let_go_) return;
  if (number == SIGKILL || (number == SIGTERM && manners_ != Manners::waits_for_kill)) die(number);
}

asio::awaitable<void> FakeWorker::ended() {
  while (is_alive()) co_await died_.wait();
}

os::WaitStatus FakeWorker::status() const {
  os::WaitStatus status;
  if (*death_ == 0) {
    status.exit_status = 0;
  } else {
    status.signal = *death_;
  }
  return status;
}

// ---- the launcher -------------------------------------------------------------------

Result<pool::LaunchedWorker> FakeLauncher::launch(const PoolSpec& pool, int) {
  if (refuses) return Error(ErrorCode::system, "no more processes");
  auto channel = os::make_channel_pair();
  auto errors = os::make_pipe();
  if (!channel || !errors) return Error(ErrorCode::system, "no more descriptors");
  ++launched_;
  std::erase_if(workers_, [](const auto& worker) { return !worker->is_alive(); });
  auto worker = std::make_shared<FakeWorker>(executor_, pool.kind, manners, std::move(channel->theirs));
  workers_.push_back(worker);
  const auto pid = no_pid + static_cast<pid_t>(launched_);
  return pool::LaunchedWorker{std::make_unique<FakeProcess>(std::move(worker), pid), std::move(channel->ours),
                              std::move(errors->read)};
}

std::vector<std::shared_ptr<FakeWorker>> FakeLauncher::living() const {
  std::vector<std::shared_ptr<FakeWorker>> living;
  std::copy_if(workers_.begin(), workers_.end(), std::back_inserter(living),
               [](const auto& worker) { return worker->is_alive(); });
  return living;
}

}  // namespace procpool::sim
