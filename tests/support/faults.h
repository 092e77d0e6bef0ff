// Single faults of a model that a hostile or broken file may have, and what becomes of them in each command that reads
// tensors.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/model/spec.h"
#include "support/golden_model.h"

namespace attnx::test {

struct Fault {
    std::string kind;  // "transposed"
    std::string what;  // "transposed blk.0.attn_q.weight"
    GoldenParts parts;
};

// Each tensor: missing, twice in the file, twice and half as wide and as high, transposed, one more and one less in
// each dimension, merged to two dimensions, of another layer, empty of all but one number. Each layer: without its
// mixer. Each whole number among the keys (and each element of a list of them): at 15 extremes; each key: missing.
// `every`: only each so-manieth fault, from `first` on.
void for_each_fault(const GoldenParts& whole, std::size_t every, std::size_t first,
                    const std::function<void(const Fault&)>& use);

// How a command ended on one file.
enum class Ending { answered, refused, broken };  // broken: an internal error, or anything that is no Error

// What `weights` reads of a layer: its specification, without the index, and names, shapes and types of its tensors.
struct LayerRead {
    model::LayerSpec spec;
    std::set<std::string> tensors;

    bool operator==(const LayerRead&) const = default;
};

struct Endings {
    std::map<std::string, std::size_t> counts;  // "attend refused" and the like
    std::vector<std::string> broken;            // what ended as nothing may
    std::size_t runs = 0;
    std::vector<LayerRead> measured;  // by weights; a layer like one of them is not measured again
};

// Runs check, weights and attend on the file, in this process; a sanitizer ends the process where it finds something.
void run_commands(const GoldenParts& parts, const std::string& what, Endings& endings);
// The same on finished bytes.
void run_commands(std::span<const std::byte> bytes, const std::string& what, Endings& endings);

}  // namespace attnx::test
