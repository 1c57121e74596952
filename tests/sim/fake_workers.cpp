#include "tests/sim/fake_workers.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "common/os/channel_pair.hpp"
#include "common/os/unix_socket.hpp"
#include "common/protocol/outbox.hpp"

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
  ControlGroup control_group() const override { return ControlGroup::tracking; }
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

FakeWorker::FakeWorker(asio::any_io_executor executor, PoolKind kind, Manners manners, os::Fd channel,
                       Begun& begun)
    : kind_(kind),
      manners_(manners),
      channel_(std::move(channel)),
      begun_(begun),
      died_(std::move(executor)) {
  if (kind_ != PoolKind::native) return;
  auto outbox = worker::Outbox::make(4096);
  os::Fd same(fcntl(channel_.get(), F_DUPFD_CLOEXEC, 0));
  if (!outbox || !same) return;
  os::Fd memory = outbox->take_descriptor();
  native_.emplace(Native{*std::move(outbox), std::move(memory), worker::Channel(std::move(same)), {}});
}

bool FakeWorker::Native::is_stopped() const {
  std::uint64_t word = 0;
  return pread(memory.get(), &word, sizeof word, outbox::begun_at) == sizeof word &&
         (word & outbox::held) != 0;
}

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
  if (!native_) return say(json{{"ready", offer}}.dump());
  offer["outbox"] = offer["gives_back"] = native_->outbox.is_shared();
  (void)os::send_some(channel_.get(), json{{"ready", offer}}.dump() + "\n", {native_->memory.get()});
}

void FakeWorker::say_failed() {
  say(json{{"failed", {{"code", "ImportError"}, {"message", "no such module"}}}}.dump());
}

void FakeWorker::say_rubbish() {
  say("what?");
  silent_ = true;
}

void FakeWorker::hang_up() {
  channel_.reset();
  native_.reset();
}

void FakeWorker::answer(bool well) {
  if (native_) return answer_natively(well, worker::BatchAnswers::Sending::at_once);
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
  if (!tasks_.empty()) begin();
}

void FakeWorker::answer_later(bool well) {
  if (!native_) return answer(well);
  ++unsent_;
  answer_natively(well, worker::BatchAnswers::Sending::gathered);
}

void FakeWorker::answer_natively(bool well, worker::BatchAnswers::Sending how) {
  const FakeTask task = tasks_.front();
  tasks_.pop_front();
  if (how == worker::BatchAnswers::Sending::at_once) send_answers();
  native_->answers->begin_value() += std::to_string(task.index);
  if (well) {
    (void)native_->answers->settle_value(how, nullptr);
  } else {
    (void)native_->answers->settle_error(how, {"ValueError", "bad", "", ""}, nullptr);
  }
  if (tasks_.empty() || !begin()) send_answers();
}

void FakeWorker::send_answers() {
  unsent_ = 0;
  if (native_->answers) (void)native_->answers->send();
}

bool FakeWorker::begin() {
  if (native_ && !native_->outbox.begin()) {
    tasks_.clear();
    return false;
  }
  ++begun_[{tasks_.front().job, tasks_.front().index}];
  return true;
}

std::deque<FakeTask> FakeWorker::tasks() const {
  if (native_ && native_->is_stopped() && !tasks_.empty()) return {tasks_.front()};
  return tasks_;
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
  hang_up();
  died_.notify_all();
}

// ---- what it hears ------------------------------------------------------------------

void FakeWorker::listen() {
  if (!is_alive() || !channel_) return;
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
    if (native_) native_->answers.emplace(native_->channel, native_->outbox, message["batch"]);
    for (std::uint64_t i = 0; i < message["inputs"].size(); ++i)
      tasks_.push_back({message["job"], message["first"].get<std::uint64_t>() + i, message["batch"]});
    begin();
  } else if (message.contains("task")) {
    if (!tasks_.empty() && tasks_.front().job != message["job"]) overloaded_ = true;
    tasks_.push_back({message["job"], message["index"], message["task"]});
    if (tasks_.size() == 1) begin();
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
  auto worker =
      std::make_shared<FakeWorker>(executor_, pool.kind, manners, std::move(channel->theirs), begun_);
  workers_.push_back(worker);
  if (are_ready_at_once) worker->say_ready();
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
