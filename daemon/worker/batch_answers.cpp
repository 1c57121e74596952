#include "daemon/worker/batch_answers.hpp"

#include <utility>

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

BatchAnswers::BatchAnswers(Channel& channel, Outbox& outbox, std::int64_t batch)
    : channel_(channel),
      outbox_(outbox),
      batch_(batch),
      head_("{\"batch\":" + std::to_string(batch) + ",\"values\":[") {}

std::string& BatchAnswers::begin_value() {
  return text_ += open_values_ > 0 ? std::string_view(",") : std::string_view(head_);
}

Result<void> BatchAnswers::settle_value(Sending how, const Measures* measures) {
  ++open_values_;
  ++gathered_;
  if (measures != nullptr) measures_.push_back(*measures);
  return keep(how, "\t");
}

Result<void> BatchAnswers::settle_error(Sending how, const TaskError& error, const Measures* measures) {
  worker_message::Ended ended;
  ended.number = batch_;
  ended.error = error;
  if (measures != nullptr) ended.measures = *measures;
  text_.resize(kept_);  // a value may have been begun
  close_values();
  text_ += worker_message::encode(ended);
  text_ += '\n';
  ++gathered_;
  return keep(how, "");
}

Result<void> BatchAnswers::keep(Sending how, std::string_view commit) {
  if (how == Sending::at_once || outbox_.room() < text_.size() - kept_ + commit.size()) return send();
  const std::size_t from = std::exchange(kept_, text_.size());
  text_ += commit;
  outbox_.append(std::string_view(text_).substr(from));
  text_.resize(kept_);
  return {};
}

Result<void> BatchAnswers::send() {
  if (gathered_ == 0) return {};
  close_values();
  if (auto sent = channel_.write(text_); !sent) return sent;
  text_.clear();
  kept_ = 0;
  outbox_.clear();
  outbox_.answered(std::exchange(gathered_, 0));
  return {};
}

void BatchAnswers::close_values() {
  if (open_values_ == 0) return;
  open_values_ = 0;
  text_ += ']';
  if (!measures_.empty()) {
    json::Writer lists;
    lists.begin_object();
    append_list(lists, "seconds", measures_, &Measures::seconds);
    append_list(lists, "cpu_seconds", measures_, &Measures::cpu_seconds);
    append_list(lists, "max_rss_kib", measures_, &Measures::max_rss_kib);
    text_ += ',';
    text_.append(lists.text(), 1);
    measures_.clear();
  }
  text_ += "}\n";
}

}  // namespace procpool::worker
