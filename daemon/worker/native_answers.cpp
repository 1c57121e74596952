#include "daemon/worker/native_answers.hpp"

#include "common/json/writer.hpp"
#include "common/protocol/worker_message.hpp"

namespace procpool::worker {
namespace {

template <class Member>
void append_list(json::Writer& out, std::string_view name, const std::vector<Measures>& measures,
                 Member member) {
  out.key(name).begin_array();
  for (const Measures& task : measures) out.number((task.*member).value_or(0));
  out.end_array();
}

}  // namespace

NativeAnswers::NativeAnswers(Channel& channel, Outbox& outbox, std::int64_t batch)
    : channel_(channel),
      outbox_(outbox),
      batch_(batch),
      head_("{\"batch\":" + std::to_string(batch) + ",\"values\":[") {}

std::string& NativeAnswers::begin_value() { return line_ = head_; }

Result<void> NativeAnswers::settle_value(Sending how, const Measures* measures) {
  const std::string_view value = std::string_view(line_).substr(head_.size());
  const std::size_t before = measures_.size();
  if (measures != nullptr) measures_.push_back(*measures);
  if (how == Sending::gathered) {
    if (append(open_values_ > 0 ? "," : head_, value, '\t')) {
      ++open_values_;
      ++gathered_;
      return {};
    }
    measures_.resize(before);
    if (auto sent = send(); !sent) return sent;
    if (measures != nullptr) measures_.push_back(*measures);
    if (append(head_, value, '\t')) {
      open_values_ = gathered_ = 1;
      return {};
    }
  }
  line_ += end_of_values();
  measures_.clear();
  return send_alone(line_);
}

Result<void> NativeAnswers::settle_error(Sending how, const TaskError& error, const Measures* measures) {
  worker_message::Ended ended;
  ended.number = batch_;
  ended.error = error;
  if (measures != nullptr) ended.measures = *measures;
  const std::string line = worker_message::encode(ended);
  if (how == Sending::gathered) {
    if (!close_values())
      if (auto sent = send(); !sent) return sent;
    if (append("", line, '\n')) {
      ++gathered_;
      return {};
    }
  }
  if (auto sent = send(); !sent) return sent;
  return send_alone(line + '\n');
}

Result<void> NativeAnswers::send() {
  if (gathered_ == 0) return {};
  std::string end;
  if (!close_values()) end = end_of_values();
  if (auto sent = channel_.write(outbox_.text()); !sent) return sent;
  if (auto sent = channel_.write(end); !sent) return sent;
  outbox_.clear();
  outbox_.answered(gathered_);
  gathered_ = open_values_ = 0;
  measures_.clear();
  return {};
}

Result<void> NativeAnswers::send_alone(std::string_view line) {
  auto sent = channel_.write(line);
  if (sent) outbox_.answered(1);
  return sent;
}

bool NativeAnswers::append(std::string_view before, std::string_view bytes, char commit) {
  if (outbox_.room() < before.size() + bytes.size() + 1) return false;
  outbox_.append(before);
  outbox_.append(bytes);
  outbox_.append({&commit, 1});
  return true;
}

bool NativeAnswers::close_values() {
  if (open_values_ == 0) return true;
  const std::string end = end_of_values();
  if (outbox_.room() < end.size()) return false;
  outbox_.append(end);
  open_values_ = 0;
  measures_.clear();
  return true;
}

std::string NativeAnswers::end_of_values() const {
  std::string end = "]";
  if (!measures_.empty()) {
    json::Writer lists;
    lists.begin_object();
    append_list(lists, "seconds", measures_, &Measures::seconds);
    append_list(lists, "cpu_seconds", measures_, &Measures::cpu_seconds);
    append_list(lists, "max_rss_kib", measures_, &Measures::max_rss_kib);
    end += ',';
    end.append(lists.text(), 1);
  }
  end += "}\n";
  return end;
}

}  // namespace procpool::worker
