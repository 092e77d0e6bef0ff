// Four layers of width 128, four heads over two KV heads. The first two layers see everything and are built by hand,
// the last two see a window of 16 tokens and are random. The residual stream has named parts:
//
//   [0, 18)   the token's code: a word of a binary code whose words differ in at least 6 of 18 places, as +-1
//   [18, 36)  the previous token's code, written by layer 0, head 0
//   36        a constant, from which position-only queries and keys are made
//   37        set in the first token (BOS) only, as strongly as a code, so that all tokens are equally long
//   [38, 128) small noise
//
// Heads, by construction:
//   layer 0: 0 previous token · 1 the token two back · 2 first token · 3 uniform (W_Q = 0)
//   layer 1: 0 induction: its query is the token's code, its key the previous token's code, so it finds what followed
//   the same
//              token earlier; it rests on the first token otherwise, and writes the code it finds as the prediction
//            1 uniform (W_Q = 0) · 2 first token · 3 current token
// Heads 0 of both layers are the induction pair of Elhage et al. 2021 (composition through K).
//
// Position-only heads use rope itself: with key pairs (1, 0) and query pairs (cos(n t), -sin(n t)) of frequency t, the
// score is a sum of cos((distance - n) t), largest at distance n.
#include "sample_model.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "gguf_writer.h"
#include "sample_vocabulary.h"

namespace attnx::tools {
namespace {

// The architecture is the one whose block is llama's and whose windows are listed layer by layer.
constexpr std::string_view kArchitecture = "mimo2";

constexpr std::size_t kWidth = 128, kHeads = 4, kKvHeads = 2, kHeadDim = 32, kPairs = kHeadDim / 2, kLayers = 4,
                      kFeedForward = 64;
constexpr std::size_t kCode = 18, kPrevious = kCode, kConstant = 2 * kCode, kFirst = kConstant + 1, kNoise = kFirst + 1;
constexpr std::size_t kFirstCodePair = 6;      // pairs 6 to 14 turn slowly enough to carry a code
constexpr std::size_t kSlowPair = kPairs - 1;  // hardly turns at all
constexpr float kFreqBase = 500'000.0f;
constexpr float kConstantValue = 4.0f, kFirstValue = 4.2426407f, kNoiseScale = 0.1f;
// Values after RMS normalisation, from the parts above: rms = sqrt(sum of squares / width).
constexpr float kRmsBefore0 = 0.52f, kRmsBefore1 = 0.64f;
constexpr float kSharp = 68.0f;                         // query length at which neighbours of the peak fall by e^-7
constexpr float kMatch = 6.0f, kRest = 12.0f * kMatch;  // induction: match 18 places, or rest on the first token

// splitmix64 as a stream of uniform numbers in [-1, 1).
class Noise {
public:
    explicit Noise(std::uint64_t seed) : state_(seed) {}
    float next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return static_cast<float>((z ^ (z >> 31)) >> 40) * 0x1p-23f - 1.0f;
    }

private:
    std::uint64_t state_;
};

// [outputs, inputs]
struct Matrix {
    std::size_t outputs, inputs;
    std::vector<float> values;
    Matrix(std::size_t rows, std::size_t columns) : outputs(rows), inputs(columns), values(rows * columns) {}
    float& at(std::size_t output, std::size_t input) { return values[output * inputs + input]; }
    void fill(Noise& noise, float scale) {
        for (float& value : values) value = scale * noise.next();
    }
};

// The lexicographic code of length 18 and distance 6: greedily, each word that is far enough from all before it.
std::vector<std::uint32_t> code_words(std::size_t count) {
    std::vector<std::uint32_t> words;
    for (std::uint32_t word = 0; words.size() < count && word < (1u << kCode); ++word) {
        bool far = true;
        for (const std::uint32_t other : words) far = far && std::popcount(word ^ other) >= 6;
        if (far) words.push_back(word);
    }
    return words;
}

float code_sign(std::uint32_t word, std::size_t place) { return (word >> place & 1u) ? 1.0f : -1.0f; }

float frequency(std::size_t pair) { return std::pow(kFreqBase, -static_cast<float>(pair) / kPairs); }

struct Attention {
    Matrix q{kHeads * kHeadDim, kWidth}, k{kKvHeads * kHeadDim, kWidth}, v{kKvHeads * kHeadDim, kWidth},
        o{kWidth, kHeads*kHeadDim};

    // Where pair and half lie in a head: rope of the "neox" kind turns (i, i + dim / 2) together.
    static std::size_t place(std::size_t head, std::size_t pair, bool second) {
        return head * kHeadDim + pair + (second ? kPairs : 0);
    }

    void constant_keys(std::size_t kv_head, std::size_t pairs, float rms) {
        for (std::size_t pair = 0; pair < pairs; ++pair)
            k.at(place(kv_head, pair, false), kConstant) = rms / kConstantValue;
    }
    void look_back(std::size_t head, float distance, std::size_t pairs, float rms) {
        for (std::size_t pair = 0; pair < pairs; ++pair) {
            q.at(place(head, pair, false), kConstant) =
                kSharp * std::cos(distance * frequency(pair)) * rms / kConstantValue;
            q.at(place(head, pair, true), kConstant) =
                -kSharp * std::sin(distance * frequency(pair)) * rms / kConstantValue;
        }
    }
    void key_of_first(std::size_t kv_head, float rms) {
        k.at(place(kv_head, kSlowPair, false), kFirst) = rms / kFirstValue;
    }
    void look_at_first(std::size_t head, float strength, float rms) {
        q.at(place(head, kSlowPair, false), kConstant) = strength * rms / kConstantValue;
    }
    // The place of a head where digit `i` of a code is compared.
    static std::size_t code_place(std::size_t head, std::size_t i) {
        return place(head, kFirstCodePair + i / 2, i % 2 == 1);
    }

    void random_outputs(std::size_t head, Noise& noise, float scale) {
        for (std::size_t output = kNoise; output < kWidth; ++output)
            for (std::size_t i = 0; i < kHeadDim; ++i) o.at(output, head * kHeadDim + i) = scale * noise.next();
    }
    void random_values(std::size_t kv_head, Noise& noise, float scale) {
        for (std::size_t i = 0; i < kHeadDim; ++i)
            for (std::size_t input = kNoise; input < kWidth; ++input)
                v.at(kv_head * kHeadDim + i, input) = scale * noise.next();
    }
};

Attention first_layer(Noise& noise) {
    Attention a;
    a.constant_keys(0, kPairs, kRmsBefore0);
    a.look_back(0, 1.0f, kPairs, kRmsBefore0);
    a.look_back(1, 2.0f, kPairs, kRmsBefore0);
    a.key_of_first(1, kRmsBefore0);
    a.look_at_first(2, kSharp, kRmsBefore0);
    for (std::size_t i = 0; i < kCode; ++i) {
        a.v.at(i, i) = kRmsBefore0;
        a.o.at(kPrevious + i, i) = 1.0f;
    }
    a.random_values(1, noise, 0.2f);
    for (const std::size_t head : {1U, 2U, 3U}) a.random_outputs(head, noise, 0.02f);
    return a;
}

Attention second_layer(Noise& noise) {
    Attention a;
    for (std::size_t i = 0; i < kCode; ++i) {
        a.q.at(Attention::code_place(0, i), i) = kMatch * kRmsBefore1;
        a.k.at(Attention::code_place(0, i), kPrevious + i) = kRmsBefore1;
        a.v.at(i, i) = kRmsBefore1;
        a.o.at(i, i) = 2.0f;
    }
    a.key_of_first(0, kRmsBefore1);
    a.look_at_first(0, kRest, kRmsBefore1);
    a.constant_keys(1, kFirstCodePair, kRmsBefore1);
    a.key_of_first(1, kRmsBefore1);
    a.look_at_first(2, kSharp, kRmsBefore1);
    a.look_back(3, 0.0f, kFirstCodePair, kRmsBefore1);
    a.random_values(1, noise, 0.2f);
    for (const std::size_t head : {1U, 2U, 3U}) a.random_outputs(head, noise, 0.02f);
    return a;
}

Attention random_layer(Noise& noise) {
    Attention a;
    const float scale = std::sqrt(3.0f / kWidth);
    a.q.fill(noise, scale);
    a.k.fill(noise, scale);
    a.v.fill(noise, scale);
    a.o.fill(noise, 0.1f * scale);
    return a;
}

void write_keys(GgufWriter& out, const Vocabulary& vocabulary) {
    const std::string prefix = std::string(kArchitecture) + ".";
    const auto u32 = [&](const char* key, std::size_t value) {
        out.key(prefix + key, static_cast<std::uint32_t>(value));
    };
    out.key("general.architecture", kArchitecture);
    out.key("general.name", std::string_view("attnx sample"));
    out.key("general.description", std::string_view("four layers whose heads' roles are known by construction"));
    out.key("general.license", std::string_view("mit"));
    out.key("general.quantization_version", std::uint32_t{2});
    u32("context_length", 2048);
    u32("embedding_length", kWidth);
    u32("block_count", kLayers);
    u32("feed_forward_length", kFeedForward);
    u32("expert_feed_forward_length", kFeedForward);
    u32("attention.head_count", kHeads);
    u32("attention.head_count_kv", kKvHeads);
    u32("attention.key_length", kHeadDim);
    u32("attention.value_length", kHeadDim);
    u32("attention.sliding_window", 16);
    out.key(prefix + "attention.sliding_window_pattern", std::vector<std::uint32_t>{0, 0, 1, 1});
    out.key(prefix + "attention.layer_norm_rms_epsilon", 1e-6f);
    u32("rope.dimension_count", kHeadDim);
    out.key(prefix + "rope.freq_base", kFreqBase);
    u32("vocab_size", vocabulary.tokens.size());
    out.key("tokenizer.ggml.model", std::string_view("llama"));
    out.key("tokenizer.ggml.tokens", vocabulary.tokens);
    out.key("tokenizer.ggml.scores", vocabulary.scores);
    out.key("tokenizer.ggml.token_type", vocabulary.types);
    out.key("tokenizer.ggml.unknown_token_id", vocabulary.unknown);
    out.key("tokenizer.ggml.bos_token_id", vocabulary.bos);
    out.key("tokenizer.ggml.eos_token_id", vocabulary.eos);
    out.key("tokenizer.ggml.add_bos_token", true);
    out.key("tokenizer.ggml.add_space_prefix", true);
}

void write_embeddings(GgufWriter& out, const Vocabulary& vocabulary, Noise& noise) {
    const std::size_t count = vocabulary.tokens.size();
    const std::vector<std::uint32_t> words = code_words(count);
    Matrix embedding(count, kWidth), output(count, kWidth);
    embedding.fill(noise, kNoiseScale);
    output.fill(noise, 0.01f);
    for (std::size_t token = 0; token < count; ++token) {
        const bool first = token == vocabulary.bos;
        for (std::size_t i = 0; i < kCode; ++i) {
            embedding.at(token, i) = first ? 0.0f : code_sign(words[token], i);
            embedding.at(token, kPrevious + i) = 0.0f;
            output.at(token, i) = first ? 0.0f : code_sign(words[token], i);
        }
        embedding.at(token, kConstant) = kConstantValue;
        embedding.at(token, kFirst) = first ? kFirstValue : 0.0f;
    }
    out.tensor("token_embd.weight", {kWidth, count}, StoredAs::f16, embedding.values);
    out.tensor("output_norm.weight", {kWidth}, StoredAs::f32, std::vector<float>(kWidth, 1.0f));
    out.tensor("output.weight", {kWidth, count}, StoredAs::q8_0, output.values);
}

void write_layer(GgufWriter& out, std::size_t index, const Attention& attention, StoredAs type, Noise& noise) {
    const std::string prefix = "blk." + std::to_string(index) + ".";
    const auto matrix = [&](const char* name, const Matrix& m, StoredAs stored) {
        out.tensor(prefix + name, {m.inputs, m.outputs}, stored, m.values);
    };
    const std::vector<float> ones(kWidth, 1.0f);
    out.tensor(prefix + "attn_norm.weight", {kWidth}, StoredAs::f32, ones);
    matrix("attn_q.weight", attention.q, type);
    matrix("attn_k.weight", attention.k, type);
    matrix("attn_v.weight", attention.v, type);
    matrix("attn_output.weight", attention.o, type);
    out.tensor(prefix + "ffn_norm.weight", {kWidth}, StoredAs::f32, ones);
    Matrix gate(kFeedForward, kWidth), up(kFeedForward, kWidth), down(kWidth, kFeedForward);
    gate.fill(noise, 0.1f);
    up.fill(noise, 0.1f);
    for (std::size_t output = kNoise; output < kWidth; ++output)
        for (std::size_t i = 0; i < kFeedForward; ++i) down.at(output, i) = 0.05f * noise.next();
    matrix("ffn_gate.weight", gate, StoredAs::q8_0);
    matrix("ffn_up.weight", up, StoredAs::q8_0);
    matrix("ffn_down.weight", down, StoredAs::q8_0);
}

}  // namespace

std::string sample_model() {
    Noise noise(1);
    const Vocabulary vocabulary = sample_vocabulary();
    GgufWriter out;
    write_keys(out, vocabulary);
    write_embeddings(out, vocabulary, noise);
    write_layer(out, 0, first_layer(noise), StoredAs::f16, noise);
    write_layer(out, 1, second_layer(noise), StoredAs::f16, noise);
    write_layer(out, 2, random_layer(noise), StoredAs::q8_0, noise);
    write_layer(out, 3, random_layer(noise), StoredAs::q8_0, noise);
    return out.bytes();
}

}  // namespace attnx::tools
