#include "tests/process/shepherd_worker.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/overloaded.hpp"
#include "tests/support/wait_until.hpp"

namespace procpool::test {

using nlohmann::json;

ShepherdWorker::ShepherdWorker() {
  REQUIRE(mkfifo(path("begins").c_str(), 0600) == 0);
  REQUIRE(mkfifo(path("gate").c_str(), 0600) == 0);
  begins_.reset(open(path("begins").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  gate_.reset(open(path("gate").c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(begins_);
  REQUIRE(gate_);
  hear();
}

void ShepherdWorker::hand_over(const std::vector<std::string>& argv, const json& inputs, const json& more,
                               Kept kept) {
  count_ = inputs.size();
  tell_job(argv, more);
  json batch{{"batch", 19}, {"job", 6}, {"first", 40}, {"attempt", 2}, {"inputs", inputs}};
  if (kept == Kept::yes) batch["spool"] = spool();
  say(batch);
}

void ShepherdWorker::hand_over_gated(const std::string& script, const json& inputs, const json& more,
                                     Kept kept) {
  const bool waits = script.find(">&3") == std::string::npos;
  const std::string gate = waits ? "printf x >&3; read -r line < " + path("gate") + "; " : "";
  hand_over({"sh", "-c", "exec 3> " + path("begins") + "; " + gate + script}, inputs, more, kept);
}

void ShepherdWorker::wait_for_begin() {
  // Between two commands nobody has the other end, which reads as the end.
  char said = 0;
  REQUIRE(wait_until([&] { return ::read(begins_.get(), &said, 1) == 1; }));
  ++begun_;
}

void ShepherdWorker::open_gate() { REQUIRE(::write(gate_.get(), "\n", 1) == 1); }

bool ShepherdWorker::nothing_is_left() {
  const auto is_held = [this] {
    pollfd entry{begins_.get(), POLLIN, 0};
    return poll(&entry, 1, 0) == 0;
  };
  return wait_until([&] { return !is_held(); });
}

pool::SpoolAccount ShepherdWorker::account() {
  exits_.clear();
  auto account = pool::read_spool(
      spool(), {JobId{6}, 40, count_, 2}, pool::SpoolBoot::ours,
      [this](std::uint64_t index, const pool::SpoolAnswer& answer) {
        CHECK(index == 40 + exits_.size());
        const std::string_view value = std::visit(
            Overloaded{[](const worker_message::Succeeded& a) { return a.values.elements()[0].text(); },
                       [](const worker_message::Ended& a) { return a.value; }},
            answer);
        const json exit = value.empty() ? json() : json::parse(value)["exit"];
        exits_.push_back(exit.is_null() ? -1 : exit.get<int>());
      });
  REQUIRE(account);
  CHECK(account->control_group.value_or(ControlGroup::none) == ControlGroup::none);  // it was given none
  account->control_group.reset();
  return *account;
}

const std::vector<int>& ShepherdWorker::exits() {
  account();
  return exits_;
}

std::vector<std::string> ShepherdWorker::lines() const {
  std::vector<std::string> found;
  std::ifstream file(spool());
  for (std::string line; std::getline(file, line);) found.push_back(line);
  return found;
}

}  // namespace procpool::test
