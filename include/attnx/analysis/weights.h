// analysis: what the attention weights look like, layer by layer, head by head.
//
// Column vectors: W_QK = W_Q^T W_K (a score is x_i^T W_QK x_j / sqrt(k)), W_OV = W_O W_V. No d*d matrix is
// ever formed: everything follows from k*k products of rows (docs/formulas.md). The gain of the norm before
// attention is folded into the input side of Q, K and V, the gains of q and k norms into their output side,
// the gain of a norm on attention's output into W_O's outputs; the division by the root mean square, which
// depends on the text, never is. W_QK is the form without rotation (offset 0).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/base/budget.h"
#include "attnx/base/findings.h"
#include "attnx/gguf/file.h"
#include "attnx/model/spec.h"

namespace attnx::analysis {

// Of a matrix with singular values s1 >= s2 >= …; of a zero matrix the ranks and the condition are nothing.
struct Spectrum {
    std::vector<double> singular_values;        // descending; below about 1e-8 of the first they are noise
    double frobenius = 0;                       // sqrt(sum s^2)
    double spectral = 0;                        // s1
    std::optional<double> stable_rank;          // sum s^2 / s1^2
    std::optional<double> effective_rank;       // exp(-sum p ln p), p = s / sum s (Roy & Vetterli 2007)
    std::optional<double> participation_ratio;  // (sum s^2)^2 / sum s^4
    std::optional<double> condition;            // s1 / sk; nothing when singular to working precision
};
Spectrum spectrum_of(std::vector<double> singular_values);

struct Likeness {
    std::uint32_t head = 0;  // the other one, in the same layer
    double cosine = 0;       // <W1, W2> / (|W1| |W2|), Frobenius
    bool mates = false;      // they share K and V
};

struct HeadWeights {
    std::uint32_t layer = 0, head = 0, kv_head = 0;
    std::optional<Spectrum> q, k, v, o;  // K and V of the head's group
    std::optional<Spectrum> qk, ov;      // the circuits; nothing where a matrix is missing
    std::optional<double>
        copying;  // Re(sum of eigenvalues of W_OV) / sum of their magnitudes, -1 to 1; nothing when all are 0
    std::optional<Likeness> nearest_qk, nearest_ov;  // largest |cosine|
    std::optional<double> q_bias, k_bias, v_bias;    // norms, of the file's vectors
};

// Two heads that do nearly the same: both cosines are kTwinCosine or more.
struct Twins {
    std::uint32_t first = 0, second = 0;
    float qk = 0, ov = 0;
};

struct LayerWeightReport {
    std::uint32_t layer = 0, head_count = 0, head_count_kv = 0, head_dim_k = 0, head_dim_v = 0;
    std::string form;                // "split", "fused", "low-rank"
    std::vector<std::string> notes;  // what was folded, what was left out, what is not comparable
    std::vector<HeadWeights> heads;
    std::vector<Twins> twins;  // ascending; of one head at most 16 that follow it
    std::vector<float> qk_cosines,
        ov_cosines;  // [head_count, head_count]; empty where there is no circuit, or not asked for
};

enum class CompositionKind : std::uint8_t { q, k, v };
std::string_view to_string(CompositionKind kind);

struct CompositionPair {
    CompositionKind kind = CompositionKind::q;
    std::uint32_t from_layer = 0, from_head = 0, to_layer = 0, to_head = 0;
    double score = 0;  // |product| / (|first| |second|), Frobenius (Elhage et al. 2021)
};

struct Composition {
    double baseline = 0;                 // 1 / sqrt(d): what random matrices give
    std::vector<CompositionPair> pairs;  // every pair of heads in layers from < to, all three kinds
};

struct SkippedLayer {
    std::uint32_t layer = 0;
    std::string reason;
};

struct WeightReport {
    bool raw = false;                       // nothing was folded
    std::vector<LayerWeightReport> layers;  // by layer
    std::vector<SkippedLayer>
        skipped;  // layers asked for that have no softmax attention, or in a form attnx does not know
    std::optional<Composition> composition;
    Findings findings;
};

struct WeightOptions {
    std::vector<std::uint32_t> layers;  // ascending
    bool raw = false;
    bool composition = false;
    bool similarity = true;         // between the heads of a layer
    bool likeness_matrices = true;  // keep the cosines of all pairs, qk_cosines and ov_cosines
    std::uint64_t max_memory = kMaxMemory;
    unsigned threads = 0;  // 0: one per processor
    std::function<void(std::uint64_t)>
        progress;  // told the bytes of each tensor once it has been used; called from one thread
};

// Reads the attention tensors of the chosen layers, each once and in file order (with `composition` W_O once
// more per later layer). Memory: one layer as float32, two with `composition`. A layer whose tensors have not
// the shapes of its heads is skipped, with the reason. Throws refused beyond max_memory and what reading
// tensors throws.
WeightReport measure_weights(const gguf::File& file, const model::ModelSpec& spec, const WeightOptions& options);

// What measure_weights will take in memory, and a document of it.
std::vector<Need> weight_needs(const gguf::File& file, const model::ModelSpec& spec, const WeightOptions& options);

// Bytes that measure_weights will report to `progress`; with `composition` W_O counts again for each later
// layer.
std::uint64_t weight_bytes(const gguf::File& file, const model::ModelSpec& spec, const WeightOptions& options);

// ---- Metrics by name, for maps, sorting and selection ----

struct WeightMetric {
    std::string_view id;       // "ov_stable_rank"
    std::string_view label;    // "OV stable rank"
    std::string_view meaning;  // one line
    std::optional<double> (*of)(const HeadWeights&);
    bool is_signed = false;  // 0 is the middle of its range
};
std::span<const WeightMetric> weight_metrics();
const WeightMetric* find_weight_metric(std::string_view id);

// ---- Heads that stand out ----

enum class Oddity : std::uint8_t { no_query, no_output, one_direction, twins };
std::string_view to_string(Oddity oddity);

struct Outlier {
    Oddity oddity = Oddity::no_output;
    std::uint32_t layer = 0, head = 0;
    std::optional<std::uint32_t> other;  // the twin
    std::string explanation;
};

inline constexpr double kDeadPart = 0.01;      // of the median norm over all heads
inline constexpr double kOneDirection = 1.05;  // stable rank of a circuit
inline constexpr double kTwinCosine = 0.95;    // of both circuits

std::vector<Outlier> outliers(const WeightReport& report);

}  // namespace attnx::analysis
