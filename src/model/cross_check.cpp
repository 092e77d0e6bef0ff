// Keys say how wide a layer's projections are, tensors show how wide they are. llama.cpp throws at the first
// disagreement; here each kind of tensor is reported once, with the first layer where it is off.
//
// Shapes are in file order, inputs first. What follows from keys alone is checked; where an architecture
// sizes a matrix in its own way (ProjectionShape) that way is expected, and what only the tensors tell
// (feed-forward widths, state-space inner shapes) is not second-guessed.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "attnx/base/checked.h"
#include "attnx/base/text.h"
#include "attnx/model/build.h"
#include "attnx/model/roles.h"
#include "attnx/model/visible.h"

namespace attnx::model {
namespace {

std::uint64_t sum(std::uint64_t a, std::uint64_t b) { return checked_add(a, b).value_or(UINT64_MAX); }

struct Widths {
    std::uint64_t query, key, value, output;
};

Widths widths_of(const ModelSpec& spec, const LayerSpec& layer) {
    const auto product = [](std::uint64_t a, std::uint64_t b) { return a * b; };
    Widths widths{product(layer.head_count, layer.head_dim_k), product(layer.head_count_kv, layer.head_dim_k),
                  product(layer.head_count_kv, layer.head_dim_v), product(layer.head_count, layer.head_dim_v)};
    if (layer.projections == ProjectionShape::gated_query) widths.query = sum(widths.query, widths.query);
    if (layer.projections == ProjectionShape::square) {
        const std::uint64_t width = spec.embedding_length;
        widths = {width, width, width, width};
    }
    return widths;
}

class Checker {
public:
    Checker(const ModelSpec& spec, const gguf::File& file) : spec_(spec), file_(file) {}

    Findings run() {
        for (const gguf::TensorInfo& info : file_.tensors()) {
            const TensorRole role = role_of(info.name);
            if (role.layer) check_in_block(info, role);
            else check_global(info, role);
        }
        check_kinds();
        check_layers();
        for (auto& [stem, problem] : problems_)
            findings_.push_back(
                {FindingId::shape_disagrees,
                 problem.more == 0 ? problem.text : fmt::format("{}; {} more like it", problem.text, problem.more)});
        return std::move(findings_);
    }

private:
    struct Problem {
        std::string text;
        std::uint64_t more = 0;
    };

    void disagree(const gguf::TensorInfo& info, std::string_view stem, std::string expected) {
        const auto [found, added] = problems_.try_emplace(std::string(stem));
        if (!added) {
            ++found->second.more;
            return;
        }
        std::vector<std::uint64_t> shape(info.shape_file_order().rbegin(), info.shape_file_order().rend());
        found->second.text =
            fmt::format("tensor {} has shape [{}], the keys say {}", info.name, fmt::join(shape, ", "), expected);
    }

    void expect_dimension(const gguf::TensorInfo& info, const TensorRole& role, std::size_t dimension,
                          std::uint64_t expected, std::string_view what) {
        if (info.ne[dimension] != expected) disagree(info, role.stem, fmt::format("{} {}", expected, what));
    }

    void check_global(const gguf::TensorInfo& info, const TensorRole& role) {
        const bool convolutional = !spec_.layers.empty() && spec_.layers[0].kind == LayerKind::convolution;
        if (role.role != Role::token_embedding && (role.role != Role::output || convolutional)) return;
        if (role.suffix == "weight") expect_dimension(info, role, 0, spec_.embedding_length, "for the embedding");
    }

    void check_in_block(const gguf::TensorInfo& info, const TensorRole& role) {
        if (role.stack == Stack::trunk) blocks_.insert(*role.layer);
        if (role.stack == Stack::encoder) encoder_blocks_.insert(*role.layer);
        const bool stack = role.stack == Stack::trunk || role.stack == Stack::encoder;
        if (!stack || *role.layer >= spec_.layers.size()) return;
        const LayerSpec& layer = spec_.layers[*role.layer];
        if (role.role == Role::sinks) expect_dimension(info, role, 0, layer.head_count, "heads");
        if (layer.projections == ProjectionShape::shared_latent) return;
        if (layer.kind == LayerKind::attention || layer.kind == LayerKind::attention_and_mamba2)
            check_attention(info, role, layer);
        if (layer.kind == LayerKind::mla && layer.projections == ProjectionShape::latent)
            check_latent(info, role, layer);
    }

    // Weights are {inputs, outputs}, biases {outputs}.
    void check_attention(const gguf::TensorInfo& info, const TensorRole& role, const LayerSpec& layer) {
        const Widths widths = widths_of(spec_, layer);
        const std::uint64_t fused = layer.projections == ProjectionShape::fused_multi_head
                                        ? std::uint64_t{3} * spec_.embedding_length
                                        : sum(widths.query, sum(widths.key, widths.value));
        switch (role.role) {
            case Role::q:
                return check_projection(info, role, widths.query,
                                        fmt::format("{} heads of {}", layer.head_count, layer.head_dim_k));
            case Role::k:
                return check_projection(info, role, widths.key,
                                        fmt::format("{} KV heads of {}", layer.head_count_kv, layer.head_dim_k));
            case Role::v:
                return check_projection(info, role, widths.value,
                                        fmt::format("{} KV heads of {}", layer.head_count_kv, layer.head_dim_v));
            case Role::qkv:
                return check_projection(info, role, fused,
                                        fmt::format("{} heads on {} KV heads", layer.head_count, layer.head_count_kv));
            case Role::o:
                if (role.suffix == "weight" && layer.projections != ProjectionShape::fused_multi_head)
                    expect_dimension(info, role, 0, widths.output,
                                     fmt::format("for {} heads of {}", layer.head_count, layer.head_dim_v));
                return;
            default: return;
        }
    }

    void check_projection(const gguf::TensorInfo& info, const TensorRole& role, std::uint64_t outputs,
                          const std::string& meaning) {
        const std::uint64_t width = spec_.embedding_length;
        if (role.suffix == "weight") {
            if (info.ne[1] != outputs) disagree(info, role.stem, fmt::format("{} outputs for {}", outputs, meaning));
            else if (info.ne[0] != width && info.ne[0] != 2 * width)  // EAGLE-3 joins embedding and hidden state
                disagree(info, role.stem, fmt::format("{} inputs", width));
        } else if (role.suffix == "bias") {
            expect_dimension(info, role, 0, outputs, fmt::format("for {}", meaning));
        }
    }

    void check_latent(const gguf::TensorInfo& info, const TensorRole& role, const LayerSpec& layer) {
        const auto& latent = layer.sliding && spec_.latent_sliding ? spec_.latent_sliding : spec_.latent;
        if (role.suffix != "weight" || !latent || latent->key_value_rank == 0) return;
        const std::uint64_t rank = latent->key_value_rank;
        // Beside layers that rotate, one that does not may have no such part.
        if (role.role == Role::kv_a && !layer.rotation && info.ne[1] == rank) return;
        if (role.role == Role::kv_a && spec_.mla)
            expect_dimension(info, role, 1, layer.head_dim_k, "for attention.key_length");
        else if (role.role == Role::kv_a)
            expect_dimension(info, role, 1, rank + layer.rope_dimensions,
                             fmt::format("for a rank of {} and {} rope dimensions", rank, layer.rope_dimensions));
        if (role.role == Role::kv_a_norm) expect_dimension(info, role, 0, rank, "for attention.kv_lora_rank");
    }

    // Layers that hold projections for which the keys leave no use.
    void check_kinds() {
        std::set<std::uint32_t> layers;
        const gguf::TensorInfo* first = nullptr;
        bool no_kv_heads = true;
        for (const std::size_t i : spec_.tensors.superfluous) {
            const gguf::TensorInfo& info = file_.tensors()[i];
            const TensorRole role = role_of(info.name);
            const bool projects = role.role == Role::q || role.role == Role::k || role.role == Role::v;
            if (!projects || role.stack != Stack::trunk || *role.layer >= spec_.layers.size()) continue;
            const LayerSpec& layer = spec_.layers[*role.layer];
            if (attends(layer)) continue;
            if (first == nullptr) first = &info;
            layers.insert(*role.layer);
            no_kv_heads &= layer.head_count_kv == 0;
        }
        if (layers.empty()) return;
        const std::vector<std::uint32_t> numbers(layers.begin(), layers.end());
        findings_.push_back(
            {FindingId::layer_kind_disagrees,
             printable(fmt::format("{} {} hold{} projections of attention ({}), but by the keys {} not attend{}",
                                   numbers.size() == 1 ? "layer" : "layers", fold_numbers(numbers),
                                   numbers.size() == 1 ? "s" : "", first->name,
                                   numbers.size() == 1 ? "it does" : "they do",
                                   no_kv_heads ? ": attention.head_count_kv is 0 there" : ""))});
    }

    void check_layers() {
        if (spec_.tensors.parts_missing) return;
        const std::set<std::uint32_t>& blocks = blocks_.empty() ? encoder_blocks_ : blocks_;
        if (blocks.empty()) return;
        const std::uint32_t highest = *blocks.rbegin();
        const auto report = [&](std::string text) {
            findings_.push_back({FindingId::layer_count_disagrees, std::move(text)});
        };
        if (highest >= spec_.block_count) {
            report(fmt::format("tensors name block {}, but block_count is {}", highest, spec_.block_count));
            return;
        }
        const std::uint32_t trunk = std::min(spec_.layer_count, spec_.block_count);
        for (std::uint32_t i = 0; i < trunk; ++i) {
            if (blocks.contains(i)) continue;
            report(fmt::format("block {} of {} has no tensors", i, spec_.block_count));
            return;
        }
    }

    const ModelSpec& spec_;
    const gguf::File& file_;
    Findings findings_;
    std::map<std::string, Problem> problems_;
    std::set<std::uint32_t> blocks_, encoder_blocks_;
};

}  // namespace

Findings cross_check(const ModelSpec& spec, const gguf::File& file) { return Checker(spec, file).run(); }

}  // namespace attnx::model
