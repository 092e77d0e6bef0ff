// Any file whose tensors the plan accepts runs; any other is refused: attend, weights and check on tiny models of every
// architecture.
//
// Inputs are instructions: an architecture, keys to change from those of the golden models, which optional tensors to
// have, and what to do to the tensors that the plan then asks for. An input that begins with "GGUF" is a file as it
// stands.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "attnx/base/error.h"
#include "attnx/model/arch.h"
#include "attnx/model/build.h"
#include "support/faults.h"

namespace {

using namespace attnx;
using test::GgufValue;
using test::GoldenParts;

class Input {
public:
    explicit Input(std::span<const std::uint8_t> bytes) : left_(bytes) {}
    bool empty() const { return left_.empty(); }
    std::uint8_t byte() {
        if (left_.empty()) return 0;
        const std::uint8_t value = left_.front();
        left_ = left_.subspan(1);
        return value;
    }
    std::uint16_t word() {
        const std::uint8_t low = byte();
        return static_cast<std::uint16_t>(low | byte() << 8);
    }

private:
    std::span<const std::uint8_t> left_;
};

struct KeyRow {
    std::string_view suffix;
    std::variant<std::uint32_t, float, bool> value;
};

// What most golden models say (tests/golden): small, and enough for every architecture.
constexpr auto kKeys = std::to_array<KeyRow>({
    {"block_count", 2U},
    {"context_length", 4096U},
    {"embedding_length", 128U},
    {"feed_forward_length", 64U},
    {"vocab_size", 64U},
    {"features_length", 128U},
    {"attention.head_count", 4U},
    {"attention.head_count_kv", 2U},
    {"attention.layer_norm_epsilon", 1e-5F},
    {"attention.layer_norm_rms_epsilon", 1e-5F},
    {"attention.group_norm_epsilon", 1e-5F},
    {"attention.group_norm_groups", 8U},
    {"attention.clamp_kqv", 4.0F},
    {"attention.max_alibi_bias", 8.0F},
    {"attention.q_lora_rank", 48U},
    {"attention.kv_lora_rank", 64U},
    {"attention.relative_buckets_count", 8U},
    {"attention.sliding_window", 5U},
    {"attention.sliding_window_pattern", 2U},
    {"attention.indexer.head_count", 1U},
    {"attention.indexer.key_length", 64U},
    {"attention.indexer.top_k", 8U},
    {"attention.decay_lora_rank", 16U},
    {"attention.iclr_lora_rank", 16U},
    {"attention.gate_lora_rank", 16U},
    {"attention.value_residual_mix_lora_rank", 16U},
    {"expert_count", 4U},
    {"expert_used_count", 2U},
    {"expert_feed_forward_length", 64U},
    {"expert_shared_count", 1U},
    {"expert_gating_func", 2U},
    {"expert_weights_norm", true},
    {"expert_weights_scale", 1.5F},
    {"expert_group_scale", 1.0F},
    {"experts_per_group", 2U},
    {"interleave_moe_layer_step", 2U},
    {"leading_dense_block_count", 1U},
    {"logit_scale", 1.0F},
    {"full_attention_interval", 2U},
    {"kda.head_dim", 32U},
    {"shortconv.l_cache", 3U},
    {"ssm.conv_kernel", 4U},
    {"ssm.group_count", 2U},
    {"ssm.inner_size", 256U},
    {"ssm.state_size", 32U},
    {"ssm.time_step_rank", 4U},
    {"time_decay_extra_dim", 64U},
    {"time_mix_extra_dim", 32U},
    {"use_parallel_residual", false},
    {"wkv.head_size", 32U},
    {"posnet.block_count", 2U},
    {"posnet.embedding_length", 128U},
    {"convnext.block_count", 2U},
    {"convnext.embedding_length", 128U},
    {"embedding_length_per_layer_input", 32U},
    {"attention.key_length", 32U},
    {"attention.value_length", 32U},
    {"attention.key_length_mla", 48U},
    {"attention.value_length_mla", 32U},
    {"rope.dimension_count", 16U},
    {"nextn_predict_layers", 0U},
    {"moe_latent_size", 64U},
    {"attention.causal", true},
    {"attention.shared_kv_layers", 0U},
    {"moe_every_n_layers", 2U},
    {"expert_group_count", 0U},
    {"expert_group_used_count", 0U},
    {"attention.key_length_swa", 32U},
    {"attention.value_length_swa", 32U},
    {"hyper_connection.count", 4U},
    {"target_hidden_size", 64U},
    {"swin_norm", false},
    {"decoder_block_count", 2U},
});
constexpr std::size_t kPlain = 55;  // from here on, keys that only the input puts in

constexpr std::uint64_t kMostElements = 1U << 18;  // of one tensor: tiny models only

GgufValue value_of(const KeyRow& row) {
    return std::visit([](auto value) { return GgufValue(value); }, row.value);
}

std::uint32_t odd_number(Input& input) {
    constexpr std::array<std::uint32_t, 16> kOdd = {0, 1, 2, 3, 4, 5, 7, 8, 16, 31, 32, 33, 48, 64, 128, 0xFFFFFFFF};
    const std::uint8_t choice = input.byte();
    return choice < 240 ? kOdd[choice % kOdd.size()] : input.word();
}

std::vector<std::pair<std::string, GgufValue>> keys_of(const std::string& architecture, Input& input) {
    std::vector<KeyRow> rows(kKeys.begin(), kKeys.begin() + kPlain);
    std::vector<std::pair<std::string, GgufValue>> keys = {{"general.architecture", architecture},
                                                           {"tokenizer.ggml.model", "no_vocab"},
                                                           {"tokenizer.ggml.token_type_count", 2U}};
    for (std::uint8_t changes = input.byte() % 6; changes > 0; --changes) {
        const std::size_t which = input.byte() % kKeys.size();
        const std::uint8_t how = input.byte() % 4;
        KeyRow row = kKeys[which];
        if (how != 0 && std::holds_alternative<std::uint32_t>(row.value)) row.value = odd_number(input);
        const auto same = std::ranges::find(rows, row.suffix, &KeyRow::suffix);
        if (same != rows.end()) rows.erase(same);
        if (how != 3) rows.push_back(row);
    }
    for (const KeyRow& row : rows) keys.emplace_back(architecture + "." + std::string(row.suffix), value_of(row));
    return keys;
}

// What the plan asks for when the file has `tensors` so far; optional ones as the input says.
bool add_planned(GoldenParts& parts, Input& input, std::vector<std::string>& left_out) {
    const std::vector<std::byte> bytes = parts.build(test::Weights::zero).bytes();
    const auto file = gguf::File::from_bytes(bytes, "fuzz");
    const model::ModelSpec spec = model::build_spec(file);
    bool added = false;
    for (const model::PlannedTensor& tensor : spec.tensors.tensors) {
        std::string name = model::tensor_name(tensor);
        const auto same = [&](const test::GoldenTensor& other) { return other.name == name; };
        if (tensor.index || std::ranges::any_of(parts.tensors, same) ||
            std::ranges::find(left_out, name) != left_out.end())
            continue;
        if (!tensor.required && input.byte() % 3 != 0) {
            left_out.push_back(std::move(name));
            continue;
        }
        if (tensor.elements() == 0 || tensor.elements() > kMostElements) return false;
        parts.tensors.push_back({std::move(name),
                                 {tensor.shape.begin(), tensor.shape.begin() + std::max<int>(tensor.dimensions, 1)},
                                 "f32"});
        added = true;
    }
    return added;
}

void spoil(GoldenParts& parts, Input& input) {
    if (parts.tensors.empty()) return;
    const std::size_t at = input.word() % parts.tensors.size();
    test::GoldenTensor& tensor = parts.tensors[at];
    std::vector<std::uint64_t> shape = tensor.shape;
    const std::size_t dim = input.byte() % shape.size();
    switch (input.byte() % 9) {
        case 0: parts.tensors.erase(parts.tensors.begin() + static_cast<std::ptrdiff_t>(at)); return;
        case 1: shape[dim] = std::max<std::uint64_t>(odd_number(input), 1); break;
        case 2: shape[dim] *= 2; break;
        case 3: shape[dim] = std::max<std::uint64_t>(shape[dim] / 2, 1); break;
        case 4: std::ranges::reverse(shape); break;
        case 5: std::swap(tensor.name, parts.tensors[input.word() % parts.tensors.size()].name); return;
        case 6: tensor.type = "f16"; return;
        case 7: shape = {shape[0]}; break;
        case 8: shape.resize(std::min<std::size_t>(shape.size() + 1, 4), 2); break;
    }
    std::uint64_t elements = 1;
    for (const std::uint64_t n : shape)
        elements = n == 0 || elements > kMostElements / n ? kMostElements + 1 : elements * n;
    if (elements <= kMostElements) tensor.shape = shape;
}

void run(std::span<const std::byte> bytes) {
    test::Endings endings;
    test::run_commands(bytes, "fuzz", endings);
    if (!endings.broken.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> given(data, size);
    constexpr std::string_view kMagic = "GGUF";
    if (size >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), data)) {
        run(std::as_bytes(given));
        return 0;
    }
    Input input(given);
    const auto known = model::known_architectures();
    GoldenParts parts;
    parts.metadata = keys_of(std::string(known[input.word() % known.size()].name), input);
    try {
        std::vector<std::string> left_out;
        for (int round = 0; round < 4 && add_planned(parts, input, left_out); ++round) {
        }
    } catch (const Error&) {
        return 0;  // not even layers: fuzz_spec's business
    }
    for (std::uint8_t changes = input.byte() % 4; changes > 0; --changes) spoil(parts, input);
    test::Endings endings;
    test::run_commands(parts, "fuzz", endings);
    if (!endings.broken.empty()) std::abort();
    return 0;
}
