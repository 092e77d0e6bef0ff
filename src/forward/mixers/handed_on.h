// What blocks hand on to those after them, within one pass.
#pragma once

#include <cstdint>

#include "../kernel.h"
#include "../ops/rope.h"
#include "chosen.h"

namespace attnx::forward {

// Rows that each stand for `ratio` tokens, and by what an indexer knows them.
struct CompressedRows {
    std::uint32_t ratio = 0;
    Matrix rows, index;
};

struct HandedOn {
    RopeTables rotations;
    Chosen chosen;                         // by the last indexer
    Chosen candidates;                     // rows among which those after the first are to choose
    const CompressedRows* rows = nullptr;  // of the last layer that keeps some
    Matrix stream_weights;                 // with which the next branch reads residual streams that lag
};

}  // namespace attnx::forward
