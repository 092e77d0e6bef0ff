// report: the parts of `inspect`, in the order in which people look for them.
#pragma once

#include "attnx/gguf/file.h"
#include "attnx/model/spec.h"
#include "attnx/view/document.h"
#include "fields.h"

namespace attnx::report {

// "Q4_K_M", or where it has no name the types of its matrices.
std::string quantization_name(const gguf::File& file);

// Name, quantisation, parameters, context, vocabulary (model_facts.cpp).
view::Facts model_facts(const gguf::File& file, const model::ModelSpec& spec, SpecFacts& fields);
// Heads, layers, windows, rope (attention_facts.cpp).
view::Facts attention_facts(const model::ModelSpec& spec, SpecFacts& fields);

}  // namespace attnx::report
