// model: what the mechanism of a layer is called, and which layers keep keys and values: decided here for everyone who
// says it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attnx/model/spec.h"

namespace attnx::model {

// "attention"; "full attention" and "sliding attention" in models that have both; "compressed attention 4:1 with
// indexer", "latent attention", "Mamba-2", "Kimi delta attention", "feed-forward only", "empty" …
std::string mechanism(const ModelSpec& spec, const LayerSpec& layer);

// By layer: whether an ordinary context allocates rows for it that grow with the tokens.
std::vector<bool> owners_of_kv(const ModelSpec& spec);

}  // namespace attnx::model
