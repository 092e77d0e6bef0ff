// How long `diff --values` takes beside reading the numbers of both files once for `values --stats`:
//
//   bench_diff A.gguf B.gguf
#include <benchmark/benchmark.h>

#include <cstdio>

#include "attnx/analysis/diff.h"
#include "attnx/analysis/value_stats.h"
#include "attnx/gguf/file.h"
#include "attnx/tensor/view.h"

namespace attnx::bench {
namespace {

constexpr std::uint32_t kBins = 20;

void read_once(const gguf::File& file, const gguf::TensorInfo& info) {
    const tensor::TensorView view(file, info);
    std::vector<float> row(view.columns());
    benchmark::DoNotOptimize(analysis::value_stats(
        [&](const std::function<void(std::span<const float>)>& take) {
            for (std::uint64_t slice = 0; slice < view.slices(); ++slice)
                for (std::uint64_t i = 0; i < view.rows(); ++i) {
                    view.read_rows(slice, i, row);
                    take(row);
                }
        },
        kBins));
}

void read_both(benchmark::State& state, const gguf::File& a, const gguf::File& b) {
    const analysis::TensorDifferences tensors = analysis::compare_tensors(a, b);
    for (auto _ : state)
        for (const analysis::TensorPair& pair : tensors.common) {
            read_once(a, *pair.a);
            read_once(b, *pair.b);
        }
}

void compare(benchmark::State& state, const gguf::File& a, const gguf::File& b) {
    const analysis::TensorDifferences tensors = analysis::compare_tensors(a, b);
    for (auto _ : state) benchmark::DoNotOptimize(analysis::compare_numbers(a, b, tensors.common, 1));
}

}  // namespace
}  // namespace attnx::bench

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (argc != 3) {
        std::fputs("usage: bench_diff A.gguf B.gguf\n", stderr);
        return 2;
    }
    const auto a = attnx::gguf::File::open(argv[1]), b = attnx::gguf::File::open(argv[2]);
    const auto add = [&](const char* name, auto* of) {
        benchmark::RegisterBenchmark(name, [&, of](benchmark::State& state) {
            of(state, a, b);
        })->Unit(benchmark::kMillisecond);
    };
    add("read_both", attnx::bench::read_both);
    add("compare", attnx::bench::compare);
    benchmark::RunSpecifiedBenchmarks();
}
