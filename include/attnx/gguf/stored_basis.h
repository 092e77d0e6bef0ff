// gguf: weights that are stored in another basis than they are used in, as the keys `prism.hadamard.*` tell
// (llama.cpp b12032, src/llama-model.cpp, load_hparams_hadamard).
//
// In place of a matrix W its file holds W D H: D flips the signs of some inputs, H mixes every `block` inputs by the
// Walsh-Hadamard matrix, divided by the root of their number. Both undo themselves, so a row w of W is what is stored,
// times H, times D. Tables of rows that are looked up are stored likewise.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/gguf/metadata.h"

namespace attnx::gguf {

inline constexpr std::string_view kStoredBasisKeys = "prism.hadamard.";

struct StoredBasis {
    std::uint32_t block = 1;                            // a power of two
    std::vector<std::string> matrices, tables;          // as the file names them
    std::set<std::string, std::less<>> names;           // of both
    std::map<std::uint64_t, std::vector<float>> signs;  // D by the number of inputs; empty: all are 1
    // The inputs of a delta net's output matrix: by value head of each key head, where they are used the other way.
    bool grouped_heads = false;
    bool tied_output = false;  // the table of tokens is the output matrix, too

    bool has(std::string_view tensor) const { return names.contains(tensor); }
};

// Nothing without prism.hadamard.version, without which llama.cpp heeds none of the keys. Throws missing_key,
// wrong_type, and unsupported for what llama.cpp refuses.
std::optional<StoredBasis> stored_basis(const Metadata& metadata);

}  // namespace attnx::gguf
