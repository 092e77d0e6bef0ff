// forward: in which arithmetic a model is executed.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace attnx::forward {

enum class Numerics : std::uint8_t {
    llama_cpp,  // as llama.cpp on a processor: what weights are multiplied with is rounded as their type asks
    floats,     // weights as floats, times floats
};

struct NumericsRow {
    Numerics numerics;
    std::string_view name, help;
};
inline constexpr std::array<NumericsRow, 2> kNumerics{{
    {Numerics::llama_cpp, "llama.cpp", "round activations, keys and values as llama.cpp does, multiply whole numbers"},
    {Numerics::floats, "float", "multiply dequantised weights in float, round nothing"},
}};

constexpr std::string_view to_string(Numerics numerics) {
    for (const NumericsRow& row : kNumerics)
        if (row.numerics == numerics) return row.name;
    return {};
}

}  // namespace attnx::forward
