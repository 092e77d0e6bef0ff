// analysis: would llama.cpp load this file? Asked as its loader asks: container, architecture, keys, vocabulary,
// tensors. What it would stop at first is the answer.
#pragma once

#include <optional>
#include <string_view>

#include "attnx/base/error.h"
#include "attnx/base/findings.h"
#include "attnx/base/refusal.h"
#include "attnx/gguf/file.h"
#include "attnx/model/spec.h"
#include "attnx/text/verdict.h"

namespace attnx::analysis {

struct LoadVerdict {
    std::optional<bool> loads = {};       // nothing: attnx cannot tell
    std::optional<Refusal> refusal = {};  // exactly where `loads` is false
};

// Reads the header; with Tokens::read also every token of the vocabulary. Never throws for what is in the file.
LoadVerdict loads(const gguf::File& file, const model::ModelSpec& spec, text::Tokens tokens = text::Tokens::read);
// The same where a specification may be impossible.
LoadVerdict loads(const gguf::File& file);

// Of a file that is no model: false where not even the container is read, otherwise nothing, for nobody asks llama.cpp
// to load it as one.
LoadVerdict loads_as_container(const gguf::File& file);
// Of a vocabulary alone, which llama.cpp loads when asked for no more.
LoadVerdict vocabulary_verdict(const gguf::File& file);

// Of a file that attnx could not open, or make no specification of: whether llama.cpp stops there, too.
LoadVerdict verdict_of(const Error& error);

// The specification, its findings completed by what else llama.cpp would stop at (without reading the tokens), and by
// layers that are not what the keys say. For commands that go on all the same. Throws not_a_model, saying what the file
// is.
model::ModelSpec spec_with_refusals(const gguf::File& file);

}  // namespace attnx::analysis
