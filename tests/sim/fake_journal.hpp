#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "daemon/store/store.hpp"

namespace procpool::sim {

using Place = std::pair<std::int64_t, std::uint64_t>;  // a job and one of its tasks

/// A journal whose disk takes its time: what is kept is written when the test says so. It
/// knows of each task what the next daemon would.
class FakeJournal : public store::Journal {
 public:
  void keep(store::Push changes, store::Done done) override {
    waiting_.emplace_back(std::move(changes), std::move(done));
  }

  const std::string& spool_directory() const override { return nowhere_; }

  /// The oldest ones are on the disk.
  void write(std::size_t most);
  /// The disk does not take the oldest ones.
  void refuse(std::size_t most);
  bool has_all() const { return waiting_.empty(); }

  const std::set<Place>& started() const { return started_; }  // and have not ended
  const std::set<Place>& ended() const { return ended_; }
  std::uint64_t contradictions() const { return contradictions_; }
  /// The number with which the task was started last.
  int last_attempt(const Place& task) const { return attempts_.at(task); }

 private:
  void apply(const store::Change& change);

  std::deque<std::pair<store::Push, store::Done>> waiting_;
  const std::string nowhere_;
  std::set<Place> started_;
  std::set<Place> ended_;
  std::map<Place, int> attempts_;
  std::uint64_t contradictions_ = 0;
};

}  // namespace procpool::sim
