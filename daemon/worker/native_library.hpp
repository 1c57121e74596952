#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/native/procpool_native.h"
#include "common/result.hpp"

namespace procpool::worker {

struct NativeFunction {
  procpool_function call = nullptr;
  void* context = nullptr;
};

/// A shared library that was loaded, and what it offers. It stays loaded until the
/// process ends, whatever becomes of this object: it may have threads.
class NativeLibrary {
 public:
  /// Loads it and lets it register its functions. The error names the file and what
  /// is wrong: not there, not a library, another version of the interface, no
  /// function, a name that stands twice.
  static Result<NativeLibrary> open(const std::string& path);

  /// Nothing if it is not offered.
  const NativeFunction* find(std::string_view name) const;

  /// In the order in which they were offered.
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::map<std::string, NativeFunction, std::less<>> functions_;
  std::vector<std::string> names_;
};

}  // namespace procpool::worker
