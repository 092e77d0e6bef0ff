#include "support/golden_attention.h"

#include <algorithm>
#include <cmath>
#include <exception>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "attnx/analysis/stream_states.h"
#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/gguf/file.h"
#include "attnx/model/build.h"
#include "attnx/trace/attention.h"
#include "attnx/trace/fan_out.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/read_json.h"

namespace attnx::test {

namespace {

// Encoders that llama.cpp can also run with a cache (T5's) were measured token after token, so causally.
bool measured_causally(const GoldenAttention& golden) {
    for (const auto& [layer, heads] : golden.weights) {
        for (const auto& rows : heads) {
            for (std::size_t i = 0; i < rows.size(); ++i) {
                for (std::size_t j = i + 1; j < rows[i].size(); ++j) {
                    if (rows[i][j] != 0.0F) return false;
                }
            }
        }
    }
    return true;
}

void note(Difference& d, std::string where) {
    if (d.where.empty()) d.where = std::move(where);
}

using Expected = std::vector<std::vector<std::vector<float>>>;
using RowOf = std::vector<float> (*)(const trace::AttentionMap& map, std::uint32_t head, std::uint32_t query);

std::vector<float> key_weights(const trace::AttentionMap& map, std::uint32_t head, std::uint32_t query) {
    const auto row = map.row(head, query);
    return {row.begin(), row.end()};
}

std::vector<float> row_weights(const trace::AttentionMap& map, std::uint32_t head, std::uint32_t query) {
    return map.compressed_row(head, query);
}

void compare_layer(Difference& d, std::uint32_t layer, const Expected& expected,
                   const std::map<std::uint32_t, trace::AttentionMap>& maps, RowOf row_of, const char* what) {
    const auto found = maps.find(layer);
    if (found == maps.end() || found->second.heads() != expected.size())
        return note(d, fmt::format("layer {}: no such map", layer));
    for (std::uint32_t h = 0; h < expected.size(); ++h) {
        for (std::uint32_t i = 0; i < expected[h].size(); ++i) {
            const std::vector<float> row = row_of(found->second, h, i);
            for (std::size_t j = 0; j < std::max(row.size(), expected[h][i].size()); ++j) {
                const float wanted = j < expected[h][i].size() ? expected[h][i][j] : 0.0F;  // cut where all are 0
                const float got = j < row.size() ? row[j] : 0.0F;
                const double off = std::abs(static_cast<double>(wanted) - static_cast<double>(got));
                d.weights = std::isfinite(off) ? std::max(d.weights, off) : 1.0;
                if (!(off <= kWeightTolerance))
                    note(d, fmt::format("layer {} head {} query {} {} {}: {} instead of {}", layer, h, i, what, j, got,
                                        wanted));
            }
        }
    }
}

void compare_norms(Difference& d, std::uint32_t layer, const std::vector<float>& expected,
                   const std::vector<float>& got) {
    if (expected.size() != got.size()) d.block_output_norm = 1.0;
    for (std::size_t t = 0; t < expected.size() && t < got.size(); ++t) {
        const double off =
            std::abs(static_cast<double>(expected[t] - got[t])) / std::max(1.0, static_cast<double>(expected[t]));
        d.block_output_norm = std::isfinite(off) ? std::max(d.block_output_norm, off) : 1.0;
        if (!(off < 1e-3) && d.hint.empty())
            d.hint =
                fmt::format("layer {}: output of token {} has length {} instead of {}", layer, t, got[t], expected[t]);
    }
}

}  // namespace

GoldenAttention golden_attention(const std::filesystem::path& path) {
    const auto json = read_json(path);
    GoldenAttention golden;
    const auto& expected = json.at("expected");
    if (!expected.contains("attention")) return golden;
    const auto& a = expected.at("attention");
    golden.tokens = a.at("tokens").get<std::vector<std::uint32_t>>();
    for (const auto& [key, maps] :
         {std::pair("weights", &golden.weights), std::pair("compressed", &golden.compressed)}) {
        if (!a.contains(key)) continue;
        for (const auto& [layer, heads] : a.at(key).items())
            (*maps)[static_cast<std::uint32_t>(std::stoul(layer))] = heads.get<Expected>();
    }
    if (a.contains("router")) golden.router = a.at("router").get<Expected>();
    for (const auto& [layer, norms] : a.at("block_output_norm").items()) {
        golden.block_output_norm[static_cast<std::uint32_t>(std::stoul(layer))] = norms.get<std::vector<float>>();
    }
    if (a.contains("last_logits") && a.at("last_logits").is_array())
        golden.last_logits = a.at("last_logits").get<std::vector<float>>();
    return golden;
}

std::vector<std::filesystem::path> golden_attention_files(std::string_view kind) {
    std::vector<std::filesystem::path> files = golden_files(kind);
    std::erase_if(files, [](const auto& path) { return !read_json(path).at("expected").contains("attention"); });
    return files;
}

Difference compare_with_golden(const std::filesystem::path& json, Simd simd) {
    Difference d;
    try {
        const GoldenAttention golden = golden_attention(json);
        const auto bytes = golden_model_bytes(json, Weights::real);
        const auto file = gguf::File::from_bytes(bytes, json.filename().string());
        const auto spec = model::build_spec(file);
        // Measured with a cache of floats.
        forward::SessionOptions options{.threads = 2,
                                        .context = 512,
                                        .causal = {},
                                        .simd = simd,
                                        .cache = forward::default_cache(forward::Numerics::floats)};
        if (measured_causally(golden)) options.causal = true;
        forward::Session session(file, spec, options);
        trace::AttentionRecorder recorder;
        std::set<std::uint32_t> measured;
        for (const auto& [layer, expected] : golden.block_output_norm) measured.insert(layer);
        analysis::StateSink sizes(measured, {});
        trace::FanOut listeners({&recorder, &sizes});
        const auto logits = session.feed(golden.tokens, listeners, {.last_layer = {}, .logits = true});
        const analysis::States states = sizes.take();
        std::uint32_t layers = 0;
        for (const auto& [layer, expected] : golden.weights) layers = std::max(layers, layer);
        for (const auto& [layer, expected] : golden.block_output_norm) layers = std::max(layers, layer);
        for (std::uint32_t layer = 0; layer <= layers; ++layer) {
            const auto weights = golden.weights.find(layer);
            if (weights != golden.weights.end())
                compare_layer(d, layer, weights->second, recorder.maps(), key_weights, "key");
            const auto rows = golden.compressed.find(layer);
            if (rows != golden.compressed.end())
                compare_layer(d, layer, rows->second, recorder.maps(), row_weights, "row");
            const auto norms = golden.block_output_norm.find(layer);
            if (norms != golden.block_output_norm.end())
                compare_norms(d, layer, norms->second, states.blocks.at(layer).norm);
        }
        if (!golden.router.empty())
            compare_layer(d, spec.layer_count, golden.router, recorder.maps(), key_weights, "key");
        for (std::size_t i = 0; i < golden.last_logits.size() && i < logits.size(); ++i) {
            const auto expected = static_cast<double>(golden.last_logits[i]);
            const double off = std::abs(expected - static_cast<double>(logits[i])) / std::max(1.0, std::abs(expected));
            d.last_logits = std::isfinite(off) ? std::max(d.last_logits, off) : 1.0;
        }
    } catch (const Error& e) {
        d.refused = e.code() == ErrorCode::unsupported;
        note(d, e.message());
    } catch (const std::exception& e) {
        note(d, e.what());
    }
    return d;
}

}  // namespace attnx::test
