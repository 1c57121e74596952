#include "daemon/store/writer.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "daemon/store/sqlite_error.hpp"

namespace procpool::store {
namespace {

constexpr std::uint64_t largest_group = 32ULL << 20;  // [bytes] in one transaction, unless one push is more
constexpr std::chrono::seconds longest_look{60};      // between looks at what has become too old
constexpr std::chrono::seconds shortest_look{1};
constexpr std::uint64_t ended_before_look = 64;
constexpr std::size_t most_expired_at_once = 500;
constexpr std::uint64_t groups_between_sweeps = 16;
constexpr std::chrono::seconds between_tries{1};  // of what could not be written

std::chrono::nanoseconds look_interval(const RetentionRule& rule) {
  return std::clamp<std::chrono::nanoseconds>(rule.age.value_or(longest_look), shortest_look, longest_look);
}

Error closed() { return {ErrorCode::system, "the store is closed"}; }

/// A thread on which no signal lands: they are the event loop's.
template <class Work>
std::thread start_without_signals(Work work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(work));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

/// What shares one transaction.
struct Writer::Group {
  std::vector<Push> pushes;
  std::vector<Waiting> waiting;  // without their changes, which are in `pushes`
  std::uint64_t bytes = 0;
};

Writer::Writer(std::unique_ptr<Database> database, Post post, WriterRules rules, Expired expired,
               DiskChanged disk_changed)
    : database_(std::move(database)),
      post_(std::move(post)),
      expired_(std::move(expired)),
      disk_changed_(std::move(disk_changed)),
      most_bytes_(rules.most_bytes),
      retention_(rules.retention),
      thread_(start_without_signals([this] { run(); })) {}

Writer::~Writer() { stop(); }

void Writer::push(Push changes, Done done) {
  const std::uint64_t bytes = bytes_of(changes);
  std::optional<Error> refused;
  {
    const std::lock_guard lock(mutex_);
    if (hindrance_) {
      refused = Error(hindrance_->why.code(), "results wait to be written: " + hindrance_->why.message());
    } else if (!waiting_.empty() && waiting_bytes_ + bytes > most_bytes_) {
      refused = Error(ErrorCode::queue_full, "more waits to be written to disk than the store may hold (" +
                                                 std::to_string(most_bytes_) + " bytes); try again later");
    }
  }
  enqueue({std::move(changes), std::move(done), bytes, false}, std::move(refused));
}

void Writer::keep(Push changes, Done done) {
  const std::uint64_t bytes = bytes_of(changes);
  enqueue({std::move(changes), std::move(done), bytes, true}, std::nullopt);
}

void Writer::enqueue(Waiting waiting, std::optional<Error> refused) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      refused = closed();
    } else if (failed_) {
      refused = failed_;
    } else if (!refused) {
      waiting_bytes_ += waiting.bytes;
      waiting_.push_back(std::move(waiting));
    }
  }
  if (!refused) {
    work_came_.notify_one();
  } else if (waiting.done) {
    post_([done = std::move(waiting.done), refused = *refused] { done(refused); });
  }
}

void Writer::set_retention(RetentionRule rule) {
  {
    const std::lock_guard lock(mutex_);
    retention_ = rule;
  }
  look_around();
}

void Writer::look_around() {
  {
    const std::lock_guard lock(mutex_);
    must_look_ = true;
  }
  work_came_.notify_one();
}

void Writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_came_.notify_one();
  if (thread_.joinable()) thread_.join();
  database_.reset();
}

std::uint64_t Writer::waiting_bytes() const {
  const std::lock_guard lock(mutex_);
  return waiting_bytes_;
}

bool Writer::disk_is_full() const {
  const std::lock_guard lock(mutex_);
  return hindrance_.has_value();
}

std::optional<Error> Writer::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

void Writer::run() {
  bool idle = false;  // nothing is left that can wait
  Group group;
  while (take(group, idle)) {
    if (!group.pushes.empty()) write(group);
    idle = !keep_house();
    group = {};
  }
}

bool Writer::take(Group& group, bool wait) {
  std::unique_lock lock(mutex_);
  if (hindrance_) {
    work_came_.wait_until(lock, hindrance_->next_try, [this] { return stopping_; });
  } else if (wait) {
    work_came_.wait_for(lock, look_interval(retention_),
                        [this] { return stopping_ || must_look_ || !waiting_.empty(); });
  }
  if (std::exchange(must_look_, false)) ended_since_look_ = ended_before_look;
  while (!waiting_.empty() &&
         (group.pushes.empty() || group.bytes + waiting_.front().bytes <= largest_group)) {
    Waiting& first = waiting_.front();
    group.bytes += first.bytes;
    group.pushes.push_back(std::move(first.changes));
    group.waiting.push_back(std::move(first));
    waiting_.pop_front();
  }
  return !stopping_ || !group.pushes.empty();
}

void Writer::write(Group& group) {
  std::vector<Result<void>> results = database_->commit(group.pushes);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i]) continue;
    for (const Change& change : group.pushes[i]) {
      if (std::holds_alternative<JobEnded>(change) || std::holds_alternative<JobRecorded>(change))
        ++ended_since_look_;
      if (std::holds_alternative<JobEnded>(change) || std::holds_alternative<JobForgotten>(change))
        to_sweep_ = true;
    }
  }
  wait_again(group, results);
  tell_of_disk();
  std::vector<std::pair<Done, Result<void>>> told;
  for (std::size_t i = 0; i < results.size(); ++i)
    if (group.waiting[i].done) told.emplace_back(std::move(group.waiting[i].done), std::move(results[i]));
  if (told.empty()) return;
  post_([told = std::move(told)] {
    for (const auto& [done, result] : told) done(result);
  });
}

/// What was hindered and must be kept goes back to where it was taken from.
void Writer::wait_again(Group& group, const std::vector<Result<void>>& results) {
  const std::lock_guard lock(mutex_);
  waiting_bytes_ -= group.bytes;
  failed_ = database_->failed();
  hindrance_.reset();
  for (std::size_t i = results.size(); i-- > 0;) {
    Waiting& waiting = group.waiting[i];
    if (results[i] || failed_ || !passes_by_itself(results[i].error()) || !waiting.must_be_kept || stopping_)
      continue;
    waiting_bytes_ += waiting.bytes;
    waiting_.push_front(
        {std::move(group.pushes[i]), std::exchange(waiting.done, nullptr), waiting.bytes, true});
    hindrance_ = {results[i].error(), std::chrono::steady_clock::now() + between_tries};
  }
}

void Writer::tell_of_disk() {
  const Disk now = failed_ ? Disk::failed : hindrance_ ? Disk::full : Disk::good;
  if (now == disk_ || !disk_changed_) return;
  disk_ = now;
  const std::string why = failed_ ? failed_->message() : hindrance_ ? hindrance_->why.message() : "";
  post_([tell = disk_changed_, now, why] { tell(now, why); });
}

bool Writer::keep_house() {
  if (database_->failed()) return false;
  database_->checkpoint_if_due();
  expire();
  // While others wait it has its turn only now and then.
  const bool others_wait = waiting_bytes() > 0;
  if (to_sweep_ && (!others_wait || ++groups_since_sweep_ >= groups_between_sweeps)) {
    groups_since_sweep_ = 0;
    const auto more = database_->sweep();
    to_sweep_ = more && *more;
  }
  {
    const std::lock_guard lock(mutex_);
    failed_ = database_->failed();
  }
  tell_of_disk();
  return to_sweep_ && !failed_;
}

void Writer::expire() {
  const auto now = std::chrono::steady_clock::now();
  RetentionRule rule;
  {
    const std::lock_guard lock(mutex_);
    rule = retention_;
  }
  const bool due = ended_since_look_ >= ended_before_look || now - last_look_ >= look_interval(rule);
  if (!due) return;
  last_look_ = now;
  database_->look_for_files();
  const auto expired = database_->expire(rule, clock_.now(), most_expired_at_once);
  // If there may be more, the next look comes at once.
  ended_since_look_ = expired && expired->size() == most_expired_at_once ? ended_before_look : 0;
  if (!expired || expired->empty()) return;
  to_sweep_ = true;
  if (expired_) post_([tell = expired_, jobs = *expired] { tell(jobs); });
}

}  // namespace procpool::store
