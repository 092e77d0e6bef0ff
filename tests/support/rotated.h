// Files whose weights are stored in a rotated basis (`prism.hadamard.*`). The matrix is spelled out here, by the parity
// of the bits that a row and a column share.
#pragma once

#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "attnx/gguf/file.h"
#include "support/gguf_builder.h"

namespace attnx::test {

struct Rotated {
    std::vector<std::string> matrices, tables;
    std::uint32_t block = 8;
    std::uint32_t version = 1;
    std::vector<std::int32_t> widths = {};  // each with signs that change every third input; none: identity

    static std::int32_t sign(std::size_t input) { return input % 3 == 0 ? -1 : 1; }

    std::vector<std::pair<std::string, GgufValue>> keys() const {
        std::vector<std::pair<std::string, GgufValue>> all = {
            {"prism.hadamard.version", version},
            {"prism.hadamard.block_size", block},
            {"prism.hadamard.transform", "normalized-sylvester-walsh-hadamard"},
            {"prism.hadamard.axis", "input-last-dimension"},
            {"prism.hadamard.sign_mode", widths.empty() ? "identity" : "explicit"},
            {"prism.hadamard.weight_names", matrices},
            {"prism.hadamard.inverse_weight_names", tables},
        };
        if (version == 2) all.emplace_back("prism.hadamard.tied_output", true);
        if (widths.empty()) return all;
        std::vector<std::int32_t> signs;
        for (const std::int32_t width : widths)
            for (std::int32_t i = 0; i < width; ++i) signs.push_back(sign(static_cast<std::size_t>(i)));
        all.emplace_back("prism.hadamard.sign_widths", widths);
        all.emplace_back("prism.hadamard.sign_values", signs);
        return all;
    }

    // Of rows of `inputs` numbers what such a file holds: W D H.
    std::vector<float> stored(const std::vector<float>& rows, std::size_t inputs) const {
        std::vector<float> out(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const std::size_t column = i % inputs % block, first = i - column;
            double sum = 0;
            for (std::size_t j = 0; j < block; ++j) {
                const bool odd = std::popcount(j & column) % 2 != 0;
                const int flipped = widths.empty() ? 1 : sign((first + j) % inputs);
                sum += (odd ? -1.0 : 1.0) * flipped * static_cast<double>(rows[first + j]);
            }
            out[i] = static_cast<float>(sum / std::sqrt(static_cast<double>(block)));
        }
        return out;
    }

    // Replaces the numbers of a file whose tensors are float32.
    void rotate(std::vector<std::byte>& bytes) const {
        const auto file = gguf::File::from_bytes(bytes, "plain.gguf");
        for (const auto* names : {&matrices, &tables})
            for (const std::string& name : *names) {
                const gguf::TensorInfo& info = *file.find_tensor(name);
                const auto data = file.data(info);
                std::vector<float> rows(info.elements);
                std::memcpy(rows.data(), data.data(), data.size());
                rows = stored(rows, info.ne[0]);
                std::memcpy(bytes.data() + (data.data() - bytes.data()), rows.data(), data.size());
            }
    }
};

}  // namespace attnx::test
