#pragma once

#include <cstdint>
#include <map>

namespace procpool::store {

/// What was said last about each task of a job, told of ranges one after another.
template <class Said>
class TaskSegments {
 public:
  struct Segment {
    std::uint64_t end = 0;  // the first task behind it
    Said said;
  };

  void say(std::uint64_t first, std::uint64_t count, const Said& said) {
    if (count == 0) return;
    const std::uint64_t end = first + count;
    cut_at(first);
    cut_at(end);
    segments_.erase(segments_.lower_bound(first), segments_.lower_bound(end));
    segments_.emplace(first, Segment{end, said});
  }

  /// By their first task, in order; they do not overlap.
  const std::map<std::uint64_t, Segment>& all() const { return segments_; }

 private:
  /// No segment reaches over this place.
  void cut_at(std::uint64_t place) {
    auto at = segments_.lower_bound(place);
    if (at == segments_.begin()) return;
    --at;
    if (at->second.end <= place) return;
    segments_.emplace(place, at->second);
    at->second.end = place;
  }

  std::map<std::uint64_t, Segment> segments_;
};

}  // namespace procpool::store
