// The walk over layers: each tensor is announced to the kernel, read once in file order, used and given back.
#include <algorithm>
#include <cmath>

#include "attnx/base/checked.h"
#include "attnx/base/threads.h"
#include "attnx/model/visible.h"
#include "composition.h"
#include "measure_layer.h"

namespace attnx::analysis {
namespace {

std::uint64_t first_offset(const LayerTensors& tensors) {
    return tensors.entries.empty()
               ? 0
               : tensors.entries.front().info->offset + (std::uint64_t{tensors.entries.front().info->shard} << 48U);
}

// The chosen layers that can be measured, in file order; the others go to `skipped`.
std::vector<LayerTensors> choose(const gguf::File& file, const model::ModelSpec& spec, const WeightOptions& options,
                                 std::vector<SkippedLayer>* skipped) {
    std::vector<LayerTensors> all = attention_tensors(file, static_cast<std::uint32_t>(spec.layers.size())), chosen;
    for (const std::uint32_t layer : options.layers) {
        if (attends(spec.layers[layer]) && !all[layer].entries.empty()) chosen.push_back(std::move(all[layer]));
        else if (skipped != nullptr) skipped->push_back({layer, "no softmax attention"});
    }
    // With composition, layers are read in their own order, because later ones need earlier ones.
    if (!options.composition)
        std::stable_sort(chosen.begin(), chosen.end(), [](const LayerTensors& a, const LayerTensors& b) {
            return first_offset(a) < first_offset(b);
        });
    return chosen;
}

void announce(const gguf::File& file, const LayerTensors& tensors) {
    for (const auto& entry : tensors.entries) file.will_read(*entry.info);
}

void give_back(const gguf::File& file, const LayerTensors& tensors) {
    for (const auto& entry : tensors.entries) file.done_with(*entry.info);
}

std::uint64_t output_bytes(const LayerTensors& tensors) {
    const gguf::TensorInfo* info = tensors.weight(model::Role::o);
    return info == nullptr ? 0 : info->bytes.value_or(0);
}

bool is_finite(const LayerWeights& weights) {
    for (const Rows* rows : {&weights.q, &weights.k, &weights.v, &weights.o})
        if (!std::all_of(rows->values.begin(), rows->values.end(), [](float value) { return std::isfinite(value); }))
            return false;
    return true;
}

// What a layer takes once it is read.
struct LayerSize {
    std::uint64_t heads = 0, matrices = 0, factors = 0;
};

LayerSize size_of(const LayerTensors& tensors, const model::LayerSpec& spec) {
    using model::Role;
    LayerSize size;
    std::uint64_t width = 1, latent_rows = 0;
    for (const auto& entry : tensors.entries) {
        if (entry.bias || entry.info->dimension_count < 2) continue;
        size.matrices = add_up(size.matrices, times(entry.info->elements, sizeof(float)));
        if (entry.role == Role::o) latent_rows = add_up(latent_rows, times(2, entry.info->ne[0]));
        else width = std::max(width, entry.info->ne[0]);
        if (entry.role == Role::q || entry.role == Role::q_b)
            latent_rows = add_up(latent_rows, times(2, entry.info->ne[1]));
    }
    if (tensors.has(Role::kv_a)) size.matrices = add_up(size.matrices, times(times(latent_rows, width), sizeof(float)));
    size.heads = spec.head_count;
    const std::uint64_t dim = std::min<std::uint64_t>(width, std::max(spec.head_dim_k, spec.head_dim_v));
    size.factors = times(times(4 * 2 * sizeof(double), size.heads),
                         times(dim, dim));  // a square and its root each, of Q, K, V and O
    return size;
}

// Composition with all layers before, which come from the file again one by one.
class EarlierLayers {
public:
    EarlierLayers(const gguf::File& file, const WeightOptions& options, kernel::Workers& workers)
        : file_(file), options_(options), workers_(workers) {}

    void compose(const LayerWeights& weights, const LayerFactors& factors, const LayerWeightReport& report,
                 std::vector<CompositionPair>& pairs) const {
        for (const auto& [writer, tensors] : layers_) {
            if (!writer.v_grams.empty())
                add_composition(weights, factors, report, writer,
                                writer.narrowed.empty() ? load_output(file_, *tensors, options_.raw) : writer.narrowed,
                                workers_, pairs);
        }
    }
    void add(const LayerWeights& weights, const LayerFactors& factors, const LayerWeightReport& report,
             const LayerTensors& tensors) {
        layers_.push_back({writer_of(weights, factors, report), &tensors});
    }

private:
    struct Layer {
        Writer writer;
        const LayerTensors* tensors;
    };
    const gguf::File& file_;
    const WeightOptions& options_;
    kernel::Workers& workers_;
    std::vector<Layer> layers_;
};

}  // namespace

std::string_view to_string(CompositionKind kind) {
    constexpr std::string_view kNames[] = {"q", "k", "v"};
    return kNames[static_cast<std::size_t>(kind)];
}

std::uint64_t weight_bytes(const gguf::File& file, const model::ModelSpec& spec, const WeightOptions& options) {
    std::uint64_t sum = 0, outputs = 0;
    for (const LayerTensors& tensors : choose(file, spec, options, nullptr)) {
        sum += tensors.bytes() + outputs;
        if (options.composition) outputs += output_bytes(tensors);
    }
    return sum;
}

std::vector<Need> weight_needs(const gguf::File& file, const model::ModelSpec& spec, const WeightOptions& options) {
    std::uint64_t layer_bytes = 0, likeness = 0, heads_before = 0, pairs = 0, most_heads = 0, layers = 0;
    for (const LayerTensors& tensors : choose(file, spec, options, nullptr)) {
        const LayerSize size = size_of(tensors, spec.layers[tensors.layer]);
        layer_bytes = std::max(layer_bytes, add_up(size.matrices, size.factors));
        likeness = add_up(likeness, times(2, times(size.heads, size.heads)));
        pairs = add_up(pairs, times(heads_before, size.heads));
        heads_before = add_up(heads_before, size.heads);
        most_heads = std::max(most_heads, size.heads);
        ++layers;
    }
    const std::uint64_t square = times(times(layers, most_heads), times(layers, most_heads));
    std::vector<Need> needs{
        {"the matrices of a layer and their products", times(layer_bytes, options.composition ? 2 : 1)}};
    if (options.similarity && options.likeness_matrices)
        needs.push_back({"how alike each two heads of a layer are",
                         times(likeness, 2 * sizeof(float))});  // once more in a document
    if (options.composition)
        needs.push_back({"the composition of each two heads",
                         times(3, add_up(times(pairs, sizeof(CompositionPair)), times(square, sizeof(float))))});
    return needs;
}

WeightReport measure_weights(const gguf::File& file, const model::ModelSpec& spec, const WeightOptions& options) {
    refuse_beyond(weight_needs(file, spec, options), options.max_memory, file.path());
    WeightReport report;
    report.raw = options.raw;
    const std::vector<LayerTensors> layers = choose(file, spec, options, &report.skipped);
    if (options.composition)
        report.composition = Composition{1 / std::sqrt(static_cast<double>(std::max(1U, spec.embedding_length))), {}};
    kernel::Workers workers(thread_count(options.threads));
    EarlierLayers earlier(file, options, workers);
    std::uint64_t outputs = 0;
    if (!layers.empty()) announce(file, layers.front());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (i + 1 < layers.size()) announce(file, layers[i + 1]);
        auto loaded = load_layer(file, spec.layers[layers[i].layer], layers[i], options.raw);
        LayerWeights* weights = std::get_if<LayerWeights>(&loaded);
        if (weights == nullptr || !is_finite(*weights)) {
            report.skipped.push_back({layers[i].layer, weights == nullptr ? std::get<std::string>(loaded)
                                                                          : "its weights hold NaN or infinity"});
        } else {
            const OwnSpectra own = narrow_heads(*weights, workers);
            const LayerFactors factors = factors_of(*weights, workers);
            report.layers.push_back(measure_layer(*weights, factors, own, options, workers));
            if (options.composition) {
                earlier.compose(*weights, factors, report.layers.back(), report.composition->pairs);
                earlier.add(*weights, factors, report.layers.back(), layers[i]);
            }
        }
        give_back(file, layers[i]);
        if (options.progress) options.progress(layers[i].bytes() + outputs);
        if (options.composition) outputs += output_bytes(layers[i]);
    }
    std::sort(report.layers.begin(), report.layers.end(),
              [](const auto& a, const auto& b) { return a.layer < b.layer; });
    std::sort(report.skipped.begin(), report.skipped.end(),
              [](const auto& a, const auto& b) { return a.layer < b.layer; });
    return report;
}

}  // namespace attnx::analysis
