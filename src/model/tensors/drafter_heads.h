// The rare heads of a DFlash drafter; each asks for nothing where the file does not have it.
#pragma once

#include "tensor_list.h"

namespace attnx::model {

// Corrects each drafted token by the one before it (DSpark); tokens: as many as the drafter knows.
void markov_head(TensorList& t, Dim tokens);
// Chooses a path among candidates (DFlash2).
void selector_head(TensorList& t, bool convolutional);
// LiLiCorr: a small model over the candidates, in blocks after the drafter's own.
void correction_head(TensorList& t);

}  // namespace attnx::model
