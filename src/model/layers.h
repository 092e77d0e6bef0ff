// From hyper-parameters to LayerSpec.
#pragma once

#include "arch/traits.h"
#include "census.h"

namespace attnx::model {

std::vector<LayerSpec> describe_layers(const ArchTraits& row, const Draft& draft, const Census& census,
                                       Hparams& hparams);

}  // namespace attnx::model
