// base: how a row of quantised weights is multiplied as whole numbers, in ggml's arithmetic.
#pragma once

#include <cstdint>

namespace attnx {

// What the numbers that weights are multiplied with are rounded to, as ggml's CPU backend does for a type of weights.
enum class Rounding : std::uint8_t {
    none,
    half,    // IEEE 754 binary16
    bfloat,  // the upper half of a float
    q8_0,    // by 32 to whole numbers up to 127 with a half-precision scale
    q8_1,    // the same, with the sum of each 32 in half precision beside it
    q8_k,    // by 256, with a float scale and the sums of each 16
};

constexpr bool is_to_integers(Rounding rounding) {
    return rounding == Rounding::q8_0 || rounding == Rounding::q8_1 || rounding == Rounding::q8_k;
}

// What is taken from the sum of a section besides products of codes: terms with whole minima, or, for sums, floats.
enum class Minima : std::uint8_t {
    none,
    sums,      // float minimum * q8_1's sum, one chain of fused sums beside the lanes (q4_1, q5_1)
    in_lanes,  // two of sixteen for each lane, into the lane before its products (q2_K)
    by_fours,  // two of eight for each of four lanes of their own (q4_K)
    together,  // all eight into one chain (q5_K)
};

// A row is sections of `section` values with one scale (`scales` 2: one for each half of the lanes). value = scale *
// (factor of its group * code) - minimum.
struct IntegerForm {
    Rounding rounding = Rounding::none;
    std::uint16_t section = 32;
    std::uint8_t group = 0;   // values that share a whole factor; 0: there is none
    std::uint8_t scales = 1;  // of a section
    Minima minima = Minima::none;
    std::uint8_t spread = 0;  // added to codes in lanes, and taken off by the sums of 16 again
    std::uint8_t run = 0;     // sections in turn to one of two chains; 0: one chain
    std::uint8_t nested = 1;  // sections that are added up by the scales of x before their common scale is applied
    bool rest_whole = false;  // of two chains: the last section, if odd, is summed up before it is scaled
    bool whole_rows = false;  // with eight tokens or more each section is summed up before it is scaled
};

constexpr std::uint32_t minima_per_section(const IntegerForm& form) {
    return form.minima == Minima::in_lanes                                      ? 16
           : form.minima == Minima::by_fours || form.minima == Minima::together ? 8
                                                                                : 0;
}

}  // namespace attnx
