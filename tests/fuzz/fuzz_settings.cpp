// The text of a settings file: settings that hold together, or one line that says where
// it is wrong.

#include "config/settings.hpp"
#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace procpool;
  using fuzz::require;
  const auto settings = config::read_text(fuzz::text_of(data, size), "fuzzed.toml", "/srv");
  if (!settings) {
    require(settings.error().message().starts_with("fuzzed.toml:"), "an error says where");
    return 0;
  }
  require(!settings->pools.empty(), "there is a pool");
  for (const PoolSpec& pool : settings->pools)
    require(static_cast<bool>(check_pool_spec(pool)), "a pool is good");
  require(settings->limits.message_bytes >= 1024, "bounds are kept");
  require(settings->daemon.kill_after >= Seconds(0), "bounds are kept");
  return 0;
}
