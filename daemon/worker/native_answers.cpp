#include "daemon/worker/native_answers.hpp"

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

std::string& NativeAnswers::begin_value() {
  before_value_ = text_.size();
  if (open_values_ > 0) {
    text_ += ',';
  } else {
    if (!text_.empty()) text_ += '\n';
    text_ += "{\"batch\":";
    text_ += std::to_string(batch_);
    text_ += ",\"values\":[";
  }
  return text_;
}

void NativeAnswers::drop_value() { text_.resize(before_value_); }

void NativeAnswers::settle_value(const Measures* measures) {
  ++open_values_;
  if (measures != nullptr) measures_.push_back(*measures);
}

void NativeAnswers::settle_error(TaskError error, const Measures* measures) {
  close_values();
  worker_message::Ended ended;
  ended.number = batch_;
  ended.error = std::move(error);
  if (measures != nullptr) ended.measures = *measures;
  if (!text_.empty()) text_ += '\n';
  text_ += worker_message::encode(ended);
}

Result<void> NativeAnswers::send() {
  close_values();
  if (text_.empty()) return {};
  return channel_.write_line(std::exchange(text_, {}));
}

void NativeAnswers::close_values() {
  if (open_values_ == 0) return;
  text_ += ']';
  if (!measures_.empty()) {
    json::Writer lists;
    lists.begin_object();
    append_list(lists, "seconds", measures_, &Measures::seconds);
    append_list(lists, "cpu_seconds", measures_, &Measures::cpu_seconds);
    append_list(lists, "max_rss_kib", measures_, &Measures::max_rss_kib);
    text_ += ',';
    text_.append(lists.text(), 1);
  }
  text_ += '}';
  open_values_ = 0;
  measures_.clear();
}

}  // namespace procpool::worker
