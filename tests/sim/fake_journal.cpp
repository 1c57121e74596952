#include "tests/sim/fake_journal.hpp"

namespace procpool::sim {

void FakeJournal::write(std::size_t most) {
  for (; most > 0 && !waiting_.empty(); --most) {
    auto [changes, done] = std::move(waiting_.front());
    waiting_.pop_front();
    for (const store::Change& change : changes) apply(change);
    if (done) done({});
  }
}

void FakeJournal::refuse(std::size_t most) {
  for (; most > 0 && !waiting_.empty(); --most) {
    const store::Done done = std::move(waiting_.front().second);
    waiting_.pop_front();
    if (done) done(Error(ErrorCode::disk_full, "no room"));
  }
}

/// No task starts twice, comes back unstarted, or ends twice.
void FakeJournal::apply(const store::Change& change) {
  const auto each = [](JobId job, std::uint64_t first, std::uint64_t count, const auto& act) {
    for (std::uint64_t i = 0; i < count; ++i) act(Place{job.number, first + i});
  };
  if (const auto* started = std::get_if<store::TasksStarted>(&change)) {
    each(started->job, started->first, started->count, [&](const Place& task) {
      if (ended_.contains(task) || !started_.insert(task).second) ++contradictions_;
      attempts_[task] = started->attempt;
    });
  } else if (const auto* returned = std::get_if<store::TasksReturned>(&change)) {
    each(returned->job, returned->first, returned->count, [&](const Place& task) {
      if (started_.erase(task) == 0) ++contradictions_;
    });
  } else if (const auto* outcome = std::get_if<store::OutcomeAdded>(&change)) {
    each(outcome->job, outcome->outcome.first, outcome->outcome.count, [&](const Place& task) {
      started_.erase(task);
      if (!ended_.insert(task).second) ++contradictions_;
    });
  }
}

}  // namespace procpool::sim
