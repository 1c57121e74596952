// Libraries that a worker refuses; CMakeLists.txt says for which reason this one is built.

#include <stdexcept>

#include "common/native/procpool_native.h"

#ifdef REASON_no_symbols
extern "C" void procpool_test_unrelated() {}
#else

namespace {

[[maybe_unused]] void nothing(void*, procpool_call*) {}

}  // namespace

#ifdef REASON_other_version
const std::uint32_t procpool_native_abi = PROCPOOL_NATIVE_ABI + 1;
#else
const std::uint32_t procpool_native_abi = PROCPOOL_NATIVE_ABI;
#endif

void procpool_native_register([[maybe_unused]] procpool_registry* registry) {
#ifdef REASON_same_name_twice
  registry->offer(registry, "nothing", nothing, nullptr);
  registry->offer(registry, "nothing", nothing, nullptr);
#endif
#ifdef REASON_null_function
  registry->offer(registry, "nothing", nullptr, nullptr);
#endif
#ifdef REASON_throws
  throw std::runtime_error("no licence");
#endif
}

#endif
