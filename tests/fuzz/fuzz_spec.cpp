// Any file that the reader takes is a specification or an Error, and any specification costs something or is refused.
//
// Raw bytes seldom get past the header, so inputs are usually read as instructions: an architecture, then keys and
// tensors to put into a file, then the context to cost. An input that begins with "GGUF" is a file as it stands.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/analysis/kv_cost.h"
#include "attnx/base/error.h"
#include "attnx/gguf/file.h"
#include "attnx/model/arch.h"
#include "attnx/model/build.h"

namespace {

using namespace attnx;

void require(bool holds) {
    if (!holds) std::abort();
}

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
    // Small numbers, round numbers, limits and anything else.
    std::uint64_t number() {
        constexpr std::array<std::uint64_t, 16> kEdges = {
            0, 1, 2, 3, 4, 32, 64, 128, 256, 512, 4096, 8192, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, UINT64_MAX};
        const std::uint8_t kind = byte();
        if (kind < 128) return kEdges[kind % kEdges.size()];
        if (kind < 192) return byte();
        std::uint64_t value = 0;
        for (int i = 0; i < (kind < 224 ? 4 : 8); ++i) value = value << 8 | byte();
        return value;
    }

private:
    std::span<const std::uint8_t> left_;
};

class Writer {
public:
    void integer(std::uint64_t value, std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i) out_.push_back(static_cast<std::byte>(value >> (8 * i)));
    }
    void text(std::string_view value) {
        integer(value.size(), 8);
        for (const char c : value) out_.push_back(static_cast<std::byte>(c));
    }
    void append(const Writer& other) { out_.insert(out_.end(), other.out_.begin(), other.out_.end()); }
    std::span<const std::byte> bytes() const { return out_; }

private:
    std::vector<std::byte> out_;
};

constexpr std::array<std::string_view, 62> kSuffixes = {"block_count",
                                                        "context_length",
                                                        "embedding_length",
                                                        "feed_forward_length",
                                                        "features_length",
                                                        "vocab_size",
                                                        "expert_count",
                                                        "expert_used_count",
                                                        "expert_feed_forward_length",
                                                        "expert_shared_count",
                                                        "expert_group_count",
                                                        "leading_dense_block_count",
                                                        "interleave_moe_layer_step",
                                                        "moe_every_n_layers",
                                                        "nextn_predict_layers",
                                                        "num_loops",
                                                        "full_attention_interval",
                                                        "attention.head_count",
                                                        "attention.head_count_kv",
                                                        "attention.key_length",
                                                        "attention.value_length",
                                                        "attention.key_length_mla",
                                                        "attention.value_length_mla",
                                                        "attention.key_length_swa",
                                                        "attention.value_length_swa",
                                                        "attention.q_lora_rank",
                                                        "attention.kv_lora_rank",
                                                        "attention.sliding_window",
                                                        "attention.sliding_window_pattern",
                                                        "attention.shared_kv_layers",
                                                        "attention.recurrent_layers",
                                                        "attention.compress_ratios",
                                                        "attention.indexer.key_length",
                                                        "attention.indexer.head_count",
                                                        "attention.indexer.top_k",
                                                        "attention.indexer.types",
                                                        "attention.causal",
                                                        "attention.layer_norm_rms_epsilon",
                                                        "attention.layer_norm_epsilon",
                                                        "rope.dimension_count",
                                                        "rope.dimension_count_swa",
                                                        "rope.dimension_sections",
                                                        "rope.freq_base",
                                                        "rope.freq_base_swa",
                                                        "rope.scaling.type",
                                                        "rope.scaling.factor",
                                                        "rope.scaling.alpha",
                                                        "rope.scaling.original_context_length",
                                                        "ssm.conv_kernel",
                                                        "ssm.inner_size",
                                                        "ssm.state_size",
                                                        "ssm.time_step_rank",
                                                        "ssm.group_count",
                                                        "wkv.head_size",
                                                        "token_shift_count",
                                                        "kda.head_dim",
                                                        "shortconv.l_cache",
                                                        "hyper_connection.count",
                                                        "target_layers",
                                                        "attn_logit_softcapping",
                                                        "final_logit_softcapping",
                                                        "expert_gating_func"};

constexpr std::array<std::string_view, 14> kStems = {
    "attn_q.weight",         "attn_k.weight",     "attn_v.weight",        "attn_qkv.weight",   "attn_output.weight",
    "attn_kv_a_mqa.weight",  "attn_sinks.weight", "ffn_down.weight",      "ffn_down.3.weight", "ffn_down_exps.weight",
    "ffn_down_shexp.weight", "ssm_conv1d.weight", "nextn.eh_proj.weight", "attn_q.bias"};

constexpr std::uint32_t kU32 = 4, kI32 = 5, kF32 = 6, kBool = 7, kString = 8, kArray = 9, kU64 = 10, kF64 = 12;

void put_scalar(Writer& out, std::uint32_t type, std::uint64_t value) {
    if (type == kString) return out.text(value % 2 == 0 ? "yarn" : "\x1b?");
    if (type == kF32) {
        const float number = value == 0xFFFFFFFF ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(value);
        std::uint32_t bits = 0;
        std::memcpy(&bits, &number, sizeof bits);
        return out.integer(bits, 4);
    }
    out.integer(value, type == kBool ? 1 : type == kU64 || type == kF64 ? 8 : 4);
}

class Recipe {
public:
    std::vector<std::byte> file(Input& input) {
        const auto known = model::known_architectures();
        const std::size_t choice = input.byte() | static_cast<std::size_t>(input.byte()) << 8;
        const std::string name = choice % 16 == 15 ? "newcomer" : std::string(known[choice % known.size()].name);
        put_text("general.architecture", name);
        for (std::uint8_t more = input.byte() % 32; more > 0; --more) put_key(name, input);
        for (std::uint8_t more = input.byte() % 16; more > 0; --more) put_tensor(input);
        if (seen_.insert(name + ".block_count").second) put(name + ".block_count", kU32, 3);
        if (seen_.insert(name + ".embedding_length").second) put(name + ".embedding_length", kU32, 128);
        Writer whole;
        whole.integer(0x46554747, 4);
        whole.integer(3, 4);
        whole.integer(tensor_count_, 8);
        whole.integer(key_count_, 8);
        whole.append(keys_);
        whole.append(tensors_);
        std::vector<std::byte> bytes(whole.bytes().begin(), whole.bytes().end());
        return bytes;
    }

private:
    void put_text(std::string_view key, std::string_view value) {
        ++key_count_;
        keys_.text(key);
        keys_.integer(kString, 4);
        keys_.text(value);
    }
    void put(std::string_view key, std::uint32_t type, std::uint64_t value) {
        ++key_count_;
        keys_.text(key);
        keys_.integer(type, 4);
        put_scalar(keys_, type, value);
    }
    void put_key(const std::string& architecture, Input& input) {
        const std::string key = architecture + "." + std::string(kSuffixes[input.byte() % kSuffixes.size()]);
        constexpr std::array<std::uint32_t, 8> kTypes = {kU32, kU32, kU32, kI32, kF32, kBool, kString, kU64};
        const std::uint8_t how = input.byte();
        const std::uint32_t type = kTypes[how % kTypes.size()];
        const std::uint64_t value = input.number();
        if (!seen_.insert(key).second) return;
        if (how < 160) return put(key, type, value);
        const std::size_t count = how < 224 ? 3 : value % 20;
        ++key_count_;
        keys_.text(key);
        keys_.integer(kArray, 4);
        keys_.integer(type, 4);
        keys_.integer(count, 8);
        for (std::size_t i = 0; i < count; ++i) put_scalar(keys_, type, input.number());
    }
    void put_tensor(Input& input) {
        const std::uint8_t block = input.byte();
        const std::uint64_t layer = block < 200 ? block % 6 : input.number();
        const std::string name =
            block % 32 == 31 ? "token_embd.weight"
                             : "blk." + std::to_string(layer) + "." + std::string(kStems[input.byte() % kStems.size()]);
        const std::array<std::uint64_t, 2> dimensions = {input.number(), input.number()};
        if (!seen_.insert(name).second) return;
        ++tensor_count_;
        tensors_.text(name);
        tensors_.integer(2, 4);
        for (const std::uint64_t dimension : dimensions) tensors_.integer(dimension, 8);
        tensors_.integer(0, 4);  // f32
        tensors_.integer(0, 8);  // all at the same place: overlap is a finding
    }

    Writer keys_, tensors_;
    std::uint64_t key_count_ = 0, tensor_count_ = 0;
    std::set<std::string> seen_;
};

analysis::ContextParams context(Input& input) {
    const auto types = gguf::tensor_types();
    analysis::ContextParams params;
    params.context = input.number();
    params.parallel = input.number();
    params.batch = input.number();
    params.ubatch = input.number();
    params.type_k = types[input.byte() % types.size()].type;
    const std::uint8_t flags = input.byte();
    params.type_v = flags < 128 ? params.type_k : types[input.byte() % types.size()].type;
    params.flash_attention = (flags & 1) != 0;
    params.swa_full = (flags & 2) != 0;
    params.unified = (flags & 4) != 0;
    params.mtp = (flags & 8) != 0;
    params.state_snapshots = (flags & 16) != 0 ? input.number() : 0;
    return params;
}

void check_messages(const Findings& findings) {
    for (const Finding& finding : findings)
        for (const char c : finding.message) require(static_cast<unsigned char>(c) >= 0x20);
}

void check_spec(const model::ModelSpec& spec) {
    require(spec.layers.size() == spec.layer_count_all && spec.layer_count_all <= 512);
    require(spec.layer_count <= spec.layer_count_all);
    for (std::size_t i = 0; i < spec.layers.size(); ++i) {
        require(spec.layers[i].index == i);
        if (spec.layers[i].kv_shared_with) require(*spec.layers[i].kv_shared_with < i);
    }
    for (const model::CachePlan& cache : spec.memory.caches) {
        require(!cache.layers.empty() && cache.ratio > 0);
        for (const model::CacheLayer& layer : cache.layers) require(layer.layer < spec.layers.size());
    }
    check_messages(spec.findings);
}

void check_cost(const model::ModelSpec& spec, const analysis::ContextParams& params, std::uint64_t budget) {
    try {
        analysis::kv_bytes_per_token_short(spec);
        const analysis::KvCost cost = analysis::kv_cost(spec, params);
        std::uint64_t by_layer = 0;
        for (const analysis::LayerCost& layer : cost.layers) by_layer += layer.total();
        require(by_layer == cost.total_bytes && cost.layers.size() == spec.layers.size());
        auto largest = params;
        const auto found = analysis::largest_context(spec, params, budget, 1U << 24);
        if (!found) return;
        largest.context = *found;
        require(analysis::kv_cost(spec, largest).total_bytes <= budget);
    } catch (const Error& error) {
        require(error.code() == ErrorCode::refused || error.code() == ErrorCode::overflow);
    }
}

void run(std::span<const std::byte> bytes, Input& input) {
    try {
        const auto file = gguf::File::from_bytes(bytes, "fuzz", {.join_split = true, .allow_truncated_data = true});
        const model::ModelSpec spec = model::build_spec(file);
        check_spec(spec);
        check_messages(model::cross_check(spec, file));
        for (int i = 0; i < 3; ++i) {
            const auto params = context(input);
            check_cost(spec, params, input.number());
        }
    } catch (const Error& error) {
        require(error.what()[0] != '\0' && error.code() != ErrorCode::internal);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> given(data, size);
    Input input(given);
    constexpr std::string_view kMagic = "GGUF";
    if (size >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), data)) {
        run(std::as_bytes(given), input);
        return 0;
    }
    const std::vector<std::byte> bytes = Recipe().file(input);
    run(bytes, input);
    return 0;
}
