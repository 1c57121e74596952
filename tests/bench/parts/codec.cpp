#include <benchmark/benchmark.h>

#include <string>

#include "common/protocol/reply_codec.hpp"
#include "common/protocol/request_codec.hpp"
#include "common/protocol/worker_message.hpp"

namespace procpool {
namespace {

const std::string apply_call =
    R"({"method":"io.procpool.Apply","parameters":{"spec":{"verb":"apply","function":"noop",)"
    R"("pool":"native"},"inputs":{"items":[[]]}}})";

void decode_apply(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(protocol::decode_call(apply_call));
}
BENCHMARK(decode_apply);

void check_json(benchmark::State& state) {
  const std::string text = '"' + std::string(static_cast<std::size_t>(state.range(0)), 'x') + '"';
  for (auto _ : state) benchmark::DoNotOptimize(json::check(text));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(check_json)->Arg(16)->Arg(1 << 20);

void encode_record(benchmark::State& state) {
  Record record;
  record.value = "12";
  for (auto _ : state) benchmark::DoNotOptimize(protocol::to_json(record));
}
BENCHMARK(encode_record);

void encode_batch(benchmark::State& state) {
  worker_message::Batch batch;
  batch.function = "square";
  batch.inputs = "[12]";
  for (auto _ : state) benchmark::DoNotOptimize(worker_message::encode(batch));
}
BENCHMARK(encode_batch);

/// The values of one answer of a worker: so many small numbers.
void decode_values(benchmark::State& state) {
  std::string line = R"({"batch":18,"values":[1)";
  for (long i = 1; i < state.range(0); ++i) line += ",144";
  line += "]}";
  for (auto _ : state) benchmark::DoNotOptimize(worker_message::decode_from_worker(line));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(decode_values)->Arg(1)->Arg(1000);

}  // namespace
}  // namespace procpool
