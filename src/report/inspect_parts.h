// report: the parts of `inspect`, in the order in which people look for them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "attnx/gguf/file.h"
#include "attnx/model/spec.h"
#include "attnx/view/document.h"
#include "fields.h"

namespace attnx::report {

// What general.file_type says: a name, or in words why there is none.
struct FileTypeText {
    bool named = false;  // by a number, known or not
    std::optional<std::string_view> name;
    std::string words;
};
FileTypeText file_type_of(const gguf::File& file);

// Name, quantisation, parameters, context, vocabulary (model_facts.cpp).
view::Facts model_facts(const gguf::File& file, const model::ModelSpec& spec, SpecFacts& fields);
// Heads, layers, windows, rope (attention_facts.cpp).
view::Facts attention_facts(const model::ModelSpec& spec, SpecFacts& fields);

}  // namespace attnx::report
