#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/job/record.hpp"
#include "daemon/worker/native_library.hpp"

namespace procpool::worker {

/// Values are nested in at most so many levels; the messages around them need some
/// of what the daemon takes (json::default_depth).
inline constexpr int deepest_value = 120;

/// Calls functions of a library and keeps the rules of procpool_native.h for them.
class NativeCall {
 public:
  NativeCall() = default;
  NativeCall(const NativeCall&) = delete;
  NativeCall& operator=(const NativeCall&) = delete;

  /// Appends the value, one JSON value without a line break, to `out`; or gives the
  /// error and leaves `out` as it was. `arguments` is a JSON array, `keywords` a JSON object.
  std::optional<TaskError> run(std::string_view name, const NativeFunction& function,
                               std::string_view arguments, std::string_view keywords, std::string& out);

 private:
  static void take_value(procpool_call* call, const char* json, std::size_t size);
  static void take_error(procpool_call* call, const char* type, std::size_t type_size, const char* message,
                         std::size_t message_size);

  std::optional<TaskError> checked_value(std::string_view name);

  std::string* out_ = nullptr;
  std::size_t start_ = 0;  // of the value in *out_
  std::optional<TaskError> error_;
};

}  // namespace procpool::worker
