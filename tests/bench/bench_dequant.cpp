// How fast each tensor type becomes floats, per instruction set, and beside a peer when one is given:
//
//   ATTNX_BENCH_PEER=/path/libpeer.so bench_dequant [--benchmark_filter=q4_K]
//
// The peer is any shared library with two C functions:
//   const char* attnx_peer_name(void);
//   void (*attnx_peer_to_float(uint32_t ggml_type_id))(const void* blocks, float* out, int64_t values);   //
//   NULL: cannot
// A row of 8192 values is decoded again and again, so that the code's speed and not the memory's is measured;
// input is random bytes whose floats are finite. After Google Benchmark's own figures a table of ratios is
// printed (peer time / our time, medians of alternating rounds: above 1 we are faster).
#include <benchmark/benchmark.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "attnx/gguf/tensor_type.h"
#include "attnx/tensor/dequant.h"

namespace {

using namespace attnx;
using PeerFunction = void (*)(const void*, float*, std::int64_t);

constexpr std::size_t kValues = 8192;  // a long row

struct Peer {
    std::string name;
    PeerFunction (*to_float)(std::uint32_t) = nullptr;
};

Peer load_peer() {
    const char* path = std::getenv("ATTNX_BENCH_PEER");
    if (path == nullptr) return {};
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        fmt::print(stderr, "bench_dequant: {}\n", dlerror());
        std::exit(2);
    }
    Peer peer;
    if (const auto name = reinterpret_cast<const char* (*)()>(dlsym(library, "attnx_peer_name"))) peer.name = name();
    peer.to_float = reinterpret_cast<PeerFunction (*)(std::uint32_t)>(dlsym(library, "attnx_peer_to_float"));
    return peer;
}

// Random bytes below 0x3c in every place: no half among them is infinite or NaN, and no product overflows.
std::vector<std::byte> random_blocks(std::size_t bytes) {
    std::mt19937 random(7);
    std::vector<std::byte> out(bytes);
    for (std::byte& byte : out) byte = static_cast<std::byte>(random() % 0x3cU);
    return out;
}

struct Case {
    const gguf::TensorTypeRow* type;
    std::vector<std::byte> blocks;
    std::size_t block_count;
};

Case make_case(const gguf::TensorTypeRow& type) {
    const std::size_t count = kValues / type.block_elements;
    return {&type, random_blocks(count * type.block_bytes), count};
}

void ours(benchmark::State& state, const Case& c, tensor::Dequantizer run) {
    std::vector<float> out(kValues);
    for (auto _ : state) {
        run(c.blocks.data(), out.data(), c.block_count);
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kValues));
}

void theirs(benchmark::State& state, const Case& c, PeerFunction run) {
    std::vector<float> out(kValues);
    for (auto _ : state) {
        run(c.blocks.data(), out.data(), static_cast<std::int64_t>(kValues));
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kValues));
}

template <class Run>
double seconds_of(const Run& run) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 200; ++i) {
        run();
        benchmark::ClobberMemory();
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / 200;
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

// Rounds alternate, so that a busy machine slows both down alike.
void print_ratios(const std::vector<Case>& cases, const Peer& peer) {
    fmt::print("\n{:8}{:>12}{:>12}{:>9}   ({}; {})\n", "type", "peer ns/val", "ours ns/val", "ratio", peer.name,
               to_string(best_simd()));
    std::vector<float> out(kValues);
    for (const Case& c : cases) {
        const auto peer_run = peer.to_float(static_cast<std::uint32_t>(c.type->type));
        const auto our_run = tensor::find_dequantizer(c.type->type);
        if (peer_run == nullptr || our_run == nullptr) continue;
        std::vector<double> a, b;
        for (int round = 0; round < 41; ++round) {
            a.push_back(seconds_of([&] { peer_run(c.blocks.data(), out.data(), static_cast<std::int64_t>(kValues)); }));
            b.push_back(seconds_of([&] { our_run(c.blocks.data(), out.data(), c.block_count); }));
        }
        const double scale = 1e9 / kValues;
        fmt::print("{:8}{:12.4f}{:12.4f}{:9.2f}\n", c.type->name, median(a) * scale, median(b) * scale,
                   median(a) / median(b));
    }
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    const Peer peer = load_peer();
    std::vector<Case> cases;
    for (const auto& type : gguf::tensor_types())
        if (tensor::find_dequantizer(type.type) != nullptr) cases.push_back(make_case(type));
    for (const Case& c : cases) {
        for (const auto simd : kSimds) {
            if (simd > best_simd()) continue;
            const auto run = tensor::find_dequantizer(c.type->type, simd);
            benchmark::RegisterBenchmark(fmt::format("{}/{}", c.type->name, to_string(simd)).c_str(),
                                         [&c, run](benchmark::State& state) { ours(state, c, run); });
        }
        if (peer.to_float != nullptr)
            if (const auto run = peer.to_float(static_cast<std::uint32_t>(c.type->type)))
                benchmark::RegisterBenchmark(fmt::format("{}/{}", c.type->name, peer.name).c_str(),
                                             [&c, run](benchmark::State& state) { theirs(state, c, run); });
    }
    benchmark::RunSpecifiedBenchmarks();
    if (peer.to_float != nullptr) print_ratios(cases, peer);
}
