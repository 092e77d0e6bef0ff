// Opening a header, by size of the vocabulary. From memory: the parse alone. From disk: with open, map and page faults,
// file cached.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>

#include "attnx/gguf/file.h"
#include "support/temp_dir.h"
#include "vocabulary_file.h"

namespace attnx::bench {
namespace {

void report_rate(benchmark::State& state, std::size_t bytes) {
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
    state.counters["header_bytes"] = static_cast<double>(bytes);
}

void parse_header(benchmark::State& state) {
    const auto bytes = vocabulary_file(static_cast<std::uint32_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(gguf::File::from_bytes(bytes, "memory"));
    report_rate(state, bytes.size());
}
BENCHMARK(parse_header)->RangeMultiplier(4)->Range(1024, 262'144)->Unit(benchmark::kMicrosecond);

void open_header(benchmark::State& state) {
    const auto bytes = vocabulary_file(static_cast<std::uint32_t>(state.range(0)));
    const test::TempDir dir;
    const auto path = dir / "m.gguf";
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    for (auto _ : state) benchmark::DoNotOptimize(gguf::File::open(path));
    report_rate(state, bytes.size());
}
BENCHMARK(open_header)->RangeMultiplier(4)->Range(1024, 262'144)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace attnx::bench

BENCHMARK_MAIN();
