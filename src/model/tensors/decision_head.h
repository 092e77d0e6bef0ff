// The decision head that some encoders end with: the last blocks of block_count, with norms and biases of
// their own, which score three types of questions.
#pragma once

#include "tensor_list.h"

namespace attnx::model {

// How many blocks are the head's; 0, and a refusal, where they would leave no other block.
std::uint32_t decision_blocks(TensorList& t);
void decision_block(TensorList& t, Dim inner);
void decision_types(TensorList& t);

}  // namespace attnx::model
