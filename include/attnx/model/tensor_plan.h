// model: which tensors a model has, of which shapes: what llama.cpp's loader (build b12032, models/*.cpp,
// load_arch_tensors) asks the file for, in its order. From the architecture's row, the keys and the tensor table; never
// from weights.
//
// One list for everyone: `check` reports it against the file, the forward pass and the per-head analysis find their
// matrices in it, parameters are counted by it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attnx/base/findings.h"
#include "attnx/base/refusal.h"
#include "attnx/model/roles.h"
#include "attnx/model/stem.h"

namespace attnx::model {

// Where a tensor belongs: the whole model, or one block of a stack.
struct TensorPlace {
    Stack stack = Stack::none;
    std::uint32_t layer = 0;  // in its stack; 0 where stack is none
    friend auto operator<=>(const TensorPlace&, const TensorPlace&) = default;
};

enum class TensorState : std::uint8_t {
    present,    // in the file, of the shape it should have
    absent,     // not in the file, and llama.cpp does without
    missing,    // not in the file, which llama.cpp refuses
    misshapen,  // in the file, of another shape, which llama.cpp refuses
};

struct PlannedTensor {
    TensorPlace place;
    Stem stem = Stem::unknown;
    Suffix suffix = Suffix::weight;
    std::array<std::uint64_t, 4> shape = {1, 1, 1, 1};  // fastest dimension first, as in the file
    std::uint8_t dimensions = 0;                        // as llama.cpp names them; the others are 1
    bool required = false;
    bool any_shape = false;  // only the number of elements counts
    bool used = true;        // false: llama.cpp loads it and leaves it out of its graph
    TensorState state = TensorState::absent;
    std::optional<std::size_t> index;  // in gguf::File::tensors(), where the file has it

    std::uint64_t elements() const;  // of the shape it should have; saturates
    bool usable() const { return state == TensorState::present && used; }
};

// "blk.3.attn_q.weight".
std::string tensor_name(TensorPlace place, Stem stem, Suffix suffix);
std::string tensor_name(const PlannedTensor& tensor);
// What it is: as role_of(its name).
TensorRole role_of(const PlannedTensor& tensor);
// "[4096, 1024]".
std::string shape_text(const PlannedTensor& tensor);

struct TensorPlan {
    bool known = false;          // the architecture has a row; otherwise all is empty
    bool parts_missing = false;  // of the file: a tensor that is not there may be in one of them
    std::vector<PlannedTensor> tensors;
    std::vector<std::size_t> superfluous;  // indices into gguf::File::tensors()
    std::optional<Refusal> refusal;        // what llama.cpp stumbles over first
    Findings findings;                     // all that it would stumble over

    // nullptr when the plan has none there.
    const PlannedTensor* find(TensorPlace place, Stem stem, Suffix suffix = Suffix::weight) const;
    // Sorts what find() needs; after the last change to `tensors`.
    void index();

private:
    std::vector<std::uint32_t> sorted_;  // by place, stem, suffix; the first of several entries counts
};

}  // namespace attnx::model
