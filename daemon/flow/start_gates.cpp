#include "daemon/flow/start_gates.hpp"

#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include "common/protocol/time_text.hpp"
#include "daemon/io/wall_timer.hpp"
#include "daemon/log/log.hpp"

namespace procpool::flow {
namespace {

bool is_met(EndCondition condition, TaskState ended) {
  if (condition == EndCondition::any) return true;
  return (ended == TaskState::succeeded) == (condition == EndCondition::success);
}

}  // namespace

void StartGates::add(JobId job, const StartConditions& start, std::chrono::duration<double> waited) {
  auto gate = std::make_shared<Gate>(executor_);
  gate->start = start;
  const Seconds left = std::max(Seconds(0), Seconds(start.delay.value_or(Seconds(0))) - waited);
  gate->delayed_until = io::Clock::now() + std::chrono::duration_cast<io::Clock::duration>(left);
  look_at_jobs(*gate);
  gates_[job] = gate;
  asio::co_spawn(executor_, wait(job, std::move(gate)), [job](std::exception_ptr broken) {
    if (broken)
      log::error("the start of " + named(job) + " broke down", {.job = job, .event = log::Event::breakdown});
  });
}

void StartGates::remove(JobId job) {
  const auto gate = gates_.extract(job);
  if (gate.empty()) return;
  gate.mapped()->is_removed = true;
  gate.mapped()->changed.notify_all();
}

void StartGates::ended(JobId job, TaskState how) {
  for (const auto& [waiting, gate] : gates_)
    for (const Dependency& dependency : gate->start.after)
      if (dependency.job == job) {
        gate->ended.emplace(job, how);
        gate->changed.notify_all();
      }
}

std::string StartGates::waits_for(JobId job) const {
  const auto gate = gates_.find(job);
  return gate == gates_.end() ? "" : gate->second->waits_for;
}

/// At all of them: one that has ended may be forgotten while another is waited for.
std::optional<std::string> StartGates::look_at_jobs(Gate& gate) const {
  for (const Dependency& dependency : gate.start.after) look_at(dependency.job, gate);
  for (const Dependency& dependency : gate.start.after) {
    const auto ended = look_at(dependency.job, gate);
    if (!ended) {
      gate.waits_for = named(dependency.job);
      return std::nullopt;
    }
    if (!is_met(dependency.condition, *ended))
      return "it was to run after the " + std::string(name_of(dependency.condition)) + " of " +
             named(dependency.job) + ", which has ended as " + std::string(name_of(*ended));
  }
  gate.waits_for =
      gate.start.not_before ? protocol::to_rfc3339(*gate.start.not_before) : "the end of its delay";
  return "";
}

std::optional<TaskState> StartGates::look_at(JobId job, Gate& gate) const {
  if (const auto known = gate.ended.find(job); known != gate.ended.end()) return known->second;
  const auto ended = how_ended_(job);
  if (ended) gate.ended.emplace(job, *ended);
  return ended;
}

asio::awaitable<void> StartGates::wait(JobId job, std::shared_ptr<Gate> gate) {
  using namespace asio::experimental::awaitable_operators;
  co_await asio::post(executor_, asio::use_awaitable);  // it would run at once, within add()
  auto never = look_at_jobs(*gate);
  while (!never && !gate->is_removed) {
    co_await gate->changed.wait();
    never = look_at_jobs(*gate);
  }
  if (gate->is_removed) co_return;
  if (!never->empty()) {
    gates_.erase(job);
    never_opens_(job, *never);
    co_return;
  }
  co_await (wait_for_time(gate) || removed(gate));
  if (gate->is_removed) co_return;
  gates_.erase(job);
  opens_(job);
}

asio::awaitable<void> StartGates::removed(std::shared_ptr<Gate> gate) {
  while (!gate->is_removed) co_await gate->changed.wait();
}

/// The delay is a length of time; the other follows the clock on the wall.
asio::awaitable<void> StartGates::wait_for_time(std::shared_ptr<Gate> gate) {
  co_await io::sleep_until(gate->delayed_until);
  if (gate->start.not_before) co_await io::sleep_until_wall_time(*gate->start.not_before);
}

}  // namespace procpool::flow
