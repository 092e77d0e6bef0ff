// WavTokenizer's decoder (llama.cpp b12032, models/wavtokenizer-dec.cpp): convolutions in two stacks, one
// block of attention.
#include <algorithm>
#include <initializer_list>

#include "lists.h"
#include "sections.h"

namespace attnx::model {

using enum Stem;

namespace {

constexpr std::uint32_t kPosnetBlocks = 6;  // llama.cpp aborts for more

void convolution(TensorList& t, Stem stem, Dim kernel, Dim inputs, Dim outputs) {
    t.need(stem, {kernel, inputs, outputs});
    t.need(stem, {1, outputs}, Suffix::bias);
}

void column_norm(TensorList& t, Stem stem, Dim width) {
    t.need(stem, {1, width});
    t.need(stem, {1, width}, Suffix::bias);
}

// Two residual blocks, attention, two residual blocks, a norm.
void posnet_block(TensorList& t, std::uint32_t i, Dim width) {
    if (i == 2) {
        column_norm(t, attn_norm, width);
        for (const Stem stem : {attn_q, attn_k, attn_v, attn_output}) convolution(t, stem, 1, width, width);
    } else if (i == 5) {
        column_norm(t, attn_norm, width);
    } else {
        column_norm(t, norm1, width);
        convolution(t, conv1, 3, width, width);
        column_norm(t, norm2, width);
        convolution(t, conv2, 3, width, width);
    }
}

void convnext_block(TensorList& t, Dim width, Dim inner) {
    convolution(t, dw, 7, 1, width);
    t.need_with_bias(norm, {width}, width);
    t.need_with_bias(pw1, {width, inner}, inner);
    t.need_with_bias(pw2, {inner, width}, width);
    t.need(gamma, {width});
}

// llama.cpp aborts where a stack has more blocks than block_count says.
std::uint32_t block_count(const TensorList& t, std::string_view key, std::uint32_t most) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(t.key(key).value(), most));
}

}  // namespace

void wavtokenizer_tensors(TensorList& t) {
    const Dim posnet = t.key("posnet.embedding_length"), convnext = t.key("convnext.embedding_length");
    const Dim outputs = t.key("embedding_length");
    token_embedding(t);
    convolution(t, conv1d, 7, t.width(), posnet);
    const std::uint32_t posnet_blocks = block_count(t, "posnet.block_count", std::min(kPosnetBlocks, t.layers_all()));
    for (const std::uint32_t i : t.each_layer_of(Stack::posnet, 0, posnet_blocks)) posnet_block(t, i, posnet);
    if (posnet != convnext) t.refuse("posnet.embedding_length and convnext.embedding_length differ");
    t.need_with_bias(token_embd_norm, {posnet}, posnet);
    const std::uint32_t convnext_blocks = block_count(t, "convnext.block_count", t.layers_all());
    for ([[maybe_unused]] const std::uint32_t i : t.each_layer_of(Stack::convnext, 0, convnext_blocks))
        convnext_block(t, convnext, t.feed_forward());
    t.need_with_bias(output_norm, {convnext}, convnext);
    t.need_with_bias(output, {convnext, outputs}, outputs);
}

}  // namespace attnx::model
