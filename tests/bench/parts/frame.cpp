#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "common/protocol/frame.hpp"

namespace procpool::protocol {
namespace {

/// A message of so many bytes that comes in pieces of 64 KiB at most, as it is read.
void split_frame(benchmark::State& state) {
  const std::string message = std::string(static_cast<std::size_t>(state.range(0)), 'x') + '\n';
  FrameSplitter frames('\n', 64U << 20U);
  for (auto _ : state) {
    for (std::size_t at = 0; at < message.size(); at += 65536) {
      const std::size_t piece = std::min<std::size_t>(65536, message.size() - at);
      std::memcpy(frames.prepare(65536), message.data() + at, piece);
      frames.commit(piece);
    }
    benchmark::DoNotOptimize(frames.next());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(split_frame)->Arg(100)->Arg(1 << 20);

}  // namespace
}  // namespace procpool::protocol
