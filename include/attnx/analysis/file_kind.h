// analysis: what a GGUF file is. Many hold no language model, and are whole all the same.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "attnx/gguf/file.h"

namespace attnx::analysis {

enum class FileKind : std::uint8_t {
    model,  // a language model, an encoder or a drafter: what llama.cpp loads as a model
    adapter,
    projector,
    imatrix,
    control_vector,
    vocabulary,
    diffusion,
    other
};
std::string_view to_string(FileKind kind);  // "control-vector", as in JSON
std::string_view phrase(FileKind kind);     // "a control vector"

// How files are told that are no models: by general.type, general.architecture, how a key begins, how a tensor's name
// begins or ends.
enum class Evidence : std::uint8_t { type, architecture, key_prefix, tensor_prefix, tensor_suffix };
struct KindRow {
    FileKind kind;
    Evidence evidence;
    std::string_view text;
};
std::span<const KindRow> kind_rows();  // the first that a file meets says what it is

struct KindOfFile {
    FileKind kind = FileKind::other;
    std::string because;  // how one knows: "general.type is imatrix"; safe to print
};

// By keys and tensor names; never throws for what is in the file.
KindOfFile kind_of(const gguf::File& file);

// Whether questions about layers and attention make sense. A vocabulary may hold the keys of its model, too.
constexpr bool may_have_layers(FileKind kind) { return kind == FileKind::model || kind == FileKind::vocabulary; }

// Throws not_a_model, saying what the file is.
void require_model(const gguf::File& file);

}  // namespace attnx::analysis
