// model: from container to specification. The only caller of the architecture registry.
#pragma once

#include "attnx/gguf/file.h"
#include "attnx/model/spec.h"

namespace attnx::model {

// Reads keys and the tensor table, never weights. A model that llama.cpp would refuse still gets a specification as far
// as it goes, with llama_cpp_refuses findings, key_refusals and memory.refusals. An architecture without a row gets
// Support::unknown and a finding. Throws missing_key, wrong_type, bad_value when not even layers can be told.
ModelSpec build_spec(const gguf::File& file);

// By a row that need not be in the registry (src/model/arch/traits.h) and must outlive the specification, whatever
// general.architecture is.
ModelSpec build_spec(const gguf::File& file, const ArchTraits& row);

// Spec against tensor shapes: what disagrees, as findings.
Findings cross_check(const ModelSpec& spec, const gguf::File& file);

}  // namespace attnx::model
