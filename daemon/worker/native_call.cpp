#include "daemon/worker/native_call.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <memory>
#include <typeinfo>

#include "common/counted.hpp"
#include "common/json/plain_text.hpp"
#include "common/json/view.hpp"

namespace procpool::worker {
namespace {

constexpr std::size_t message_end = 256;     // [bytes] brackets, measures, a line break
constexpr std::size_t longest_text = 65536;  // [bytes] of an error's code or message

std::string bounded(const char* text, std::size_t size) {
  if (text == nullptr) return {};
  if (size <= longest_text) return std::string(text, size);
  return std::string(text, longest_text) + "... (" + counted(size - longest_text, "byte") + " left out)";
}

/// The name of what is being caught.
std::string thrown_type() {
  const std::type_info* const type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "unknown";
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), std::free);
  return name ? name.get() : type->name();
}

}  // namespace

void NativeCall::take_value(procpool_call* call, const char* json, std::size_t size) {
  auto& self = *static_cast<NativeCall*>(call->host);
  std::string& out = *self.out_;
  self.error_.reset();
  out.resize(self.start_);
  if (json == nullptr) return;
  // What closes the message must not make a large value move.
  if (out.capacity() - out.size() < size + message_end)
    out.reserve(std::max(2 * out.size(), out.size() + size + message_end));
  out.append(json, size);
}

void NativeCall::take_error(procpool_call* call, const char* type, std::size_t type_size, const char* message,
                            std::size_t message_size) {
  auto& self = *static_cast<NativeCall*>(call->host);
  self.error_ = TaskError{bounded(type, type_size), bounded(message, message_size), "", ""};
  if (self.error_->code.empty()) self.error_->code = "error";
}

std::optional<TaskError> NativeCall::checked_value(std::string_view name) {
  std::string& out = *out_;
  const char* const end = out.data() + out.size();
  if (json::past_integer(out.data() + start_, end) == end) return std::nullopt;  // what most are
  const auto checked = json::check(std::string_view(out).substr(start_), deepest_value);
  if (!checked)
    return TaskError{"invalid_value",
                     std::string(name) + "() returned a value that is " + checked.error().message(), "", ""};
  // They can only be white space here; a message is one line, and a TAB means something in the outbox.
  for (const char c : {'\n', '\t'})
    for (auto at = out.find(c, start_); at != std::string::npos; at = out.find(c, at)) out[at] = ' ';
  return std::nullopt;
}

std::optional<TaskError> NativeCall::run(std::string_view name, const NativeFunction& function,
                                         std::string_view arguments, std::string_view keywords,
                                         std::string& out) {
  out_ = &out;
  start_ = out.size();
  error_.reset();
  procpool_call call{
      {arguments.data(), arguments.size()}, {keywords.data(), keywords.size()}, take_value, take_error, this};
  try {
    function.call(function.context, &call);
  } catch (const std::exception& thrown) {
    error_ = TaskError{thrown_type(), bounded(thrown.what(), std::string_view(thrown.what()).size()), "", ""};
  } catch (...) {
    error_ = TaskError{thrown_type(), "something that is not a std::exception was thrown", "", ""};
  }
  if (!error_ && out.size() == start_) out += "null";
  if (!error_) error_ = checked_value(name);
  if (!error_) return std::nullopt;
  out.resize(start_);
  return std::exchange(error_, std::nullopt);
}

}  // namespace procpool::worker
