// kernel: attention of one query as ggml's CPU backend adds it up with flash attention: a softmax that is never held
// whole. Whatever is added so far is scaled down when a larger score comes, and divided by the sum of weights at the
// end.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "attnx/base/simd.h"
#include "attnx/kernel/floats.h"
#include "attnx/kernel/matrix.h"

namespace attnx::kernel {

// In which numbers weighted values are added up, rounded after each.
enum class SumsIn : std::uint8_t { floats, halves };

// Tiles that ggml takes where it has at least as many queries.
inline constexpr std::size_t kFlashTile = 64;

// to = sum of softmax(scores)[j] * values[j], key after key. Keys whose score is minus infinity are left out; `sink` is
// a logit that takes part in the denominator only. `simd` must not exceed best_simd(); AVX2 and AVX-512 give the same
// floats. Throws bad_dimensions when the sizes do not go together.
void flash_by_keys(std::span<const float> scores, Strip<const float> values, std::optional<float> sink, SumsIn sums,
                   std::span<float> to, Simd simd = best_simd());

// The same by kFlashTile keys at a time, of which the first is the first key of all. Overwrites scores.
void flash_by_tiles(std::span<float> scores, Strip<const float> values, std::optional<float> sink, std::span<float> to,
                    Simd simd = best_simd());

// y[t][o] = x[t] . w[o], each sum one fused product after the other, as in tiles of scores. `room` is memory to reuse.
void products_in_turn(Strip<const float> x, Strip<const float> w, Strip<float> y, Floats& room,
                      Simd simd = best_simd());

}  // namespace attnx::kernel
