#include "daemon/worker/native_library.hpp"

#include <dlfcn.h>

#include <exception>
#include <utility>

#include "common/json/view.hpp"

namespace procpool::worker {
namespace {

using Register = void (*)(procpool_registry*);

struct Offer {
  std::string name;
  NativeFunction function;
};

Error unusable(const std::string& path, const std::string& why) {
  return Error(ErrorCode::invalid_parameter, "cannot use the library " + path + ": " + why);
}

std::string loader_words() {
  const char* const words = dlerror();
  return words == nullptr ? "no reason was given" : words;
}

void take_offer(procpool_registry* registry, const char* name, procpool_function function, void* context) {
  auto& offers = *static_cast<std::vector<Offer>*>(registry->host);
  offers.push_back({name == nullptr ? "" : name, {function, context}});
}

}  // namespace

Result<NativeLibrary> NativeLibrary::open(const std::string& path) {
  // With a slash it is a path; without, dlopen would search the system's directories.
  const std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr)
    return Error(ErrorCode::invalid_parameter, "cannot load the library " + path + ": " + loader_words());

  const auto* const version = static_cast<const std::uint32_t*>(dlsym(handle, "procpool_native_abi"));
  const auto entry = reinterpret_cast<Register>(dlsym(handle, "procpool_native_register"));
  if (version == nullptr || entry == nullptr)
    return unusable(
        path, "it does not define procpool_native_abi and procpool_native_register (see procpool_native.h)");
  if (*version != PROCPOOL_NATIVE_ABI)
    return unusable(path, "it was built for version " + std::to_string(*version) +
                              " of the native interface, and this worker has version " +
                              std::to_string(PROCPOOL_NATIVE_ABI));

  std::vector<Offer> offers;
  procpool_registry registry{PROCPOOL_NATIVE_ABI, take_offer, &offers};
  try {
    entry(&registry);
  } catch (const std::exception& thrown) {
    return unusable(path, "procpool_native_register threw: " + std::string(thrown.what()));
  } catch (...) {
    return unusable(path, "procpool_native_register threw something that is not a std::exception");
  }

  if (offers.empty()) return unusable(path, "it offers no function");
  NativeLibrary library;
  for (auto& [name, function] : offers) {
    if (name.empty() || !json::is_utf8(name))
      return unusable(path, "it offers a function whose name is not text");
    if (function.call == nullptr) return unusable(path, "its function '" + name + "' is a null pointer");
    if (!library.functions_.emplace(name, function).second)
      return unusable(path, "it offers '" + name + "' twice");
    library.names_.push_back(name);
  }
  return library;
}

const NativeFunction* NativeLibrary::find(std::string_view name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : &found->second;
}

}  // namespace procpool::worker
