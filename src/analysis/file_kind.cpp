#include "attnx/analysis/file_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/model/arch.h"
#include "attnx/model/roles.h"

namespace attnx::analysis {
namespace {

constexpr std::string_view kArchitecture = "general.architecture";
constexpr std::string_view kType = "general.type";

// The first row that a file meets says what it is. Sources: gguf-py constants.py (GGUFType), llama-adapter.cpp,
// tools/imatrix, tools/cvector-generator, tools/mtmd/clip-impl.h; of diffusion models what their converters write
// (ComfyUI-GGUF and gguf-node an architecture, stable-diffusion.cpp no key at all) and how their blocks are called.
constexpr std::array kRows = {
    KindRow{FileKind::imatrix, Evidence::type, "imatrix"},
    KindRow{FileKind::adapter, Evidence::type, "adapter"},
    KindRow{FileKind::projector, Evidence::type, "mmproj"},
    KindRow{FileKind::imatrix, Evidence::key_prefix, "imatrix."},
    KindRow{FileKind::control_vector, Evidence::key_prefix, "controlvector."},
    KindRow{FileKind::adapter, Evidence::key_prefix, "adapter."},
    KindRow{FileKind::projector, Evidence::key_prefix, "clip."},
    KindRow{FileKind::imatrix, Evidence::tensor_suffix, ".weight.in_sum2"},
    KindRow{FileKind::adapter, Evidence::tensor_suffix, ".weight.lora_a"},
    KindRow{FileKind::control_vector, Evidence::tensor_prefix, "direction."},
    KindRow{FileKind::diffusion, Evidence::architecture, "flux"},
    KindRow{FileKind::diffusion, Evidence::architecture, "pig"},
    KindRow{FileKind::diffusion, Evidence::architecture, "sd1"},
    KindRow{FileKind::diffusion, Evidence::architecture, "sd2"},
    KindRow{FileKind::diffusion, Evidence::architecture, "sdxl"},
    KindRow{FileKind::diffusion, Evidence::architecture, "sd3"},
    KindRow{FileKind::diffusion, Evidence::architecture, "aura"},
    KindRow{FileKind::diffusion, Evidence::architecture, "hidream"},
    KindRow{FileKind::diffusion, Evidence::architecture, "cosmos"},
    KindRow{FileKind::diffusion, Evidence::architecture, "ltxv"},
    KindRow{FileKind::diffusion, Evidence::architecture, "hyvid"},
    KindRow{FileKind::diffusion, Evidence::architecture, "wan"},
    KindRow{FileKind::diffusion, Evidence::architecture, "lumina2"},
    KindRow{FileKind::diffusion, Evidence::architecture, "qwen_image"},
    KindRow{FileKind::diffusion, Evidence::tensor_prefix, "model.diffusion_model."},
    KindRow{FileKind::diffusion, Evidence::tensor_prefix, "diffusion_model."},
    KindRow{FileKind::diffusion, Evidence::tensor_prefix, "first_stage_model."},
    KindRow{FileKind::diffusion, Evidence::tensor_prefix, "cond_stage_model."},
    KindRow{FileKind::diffusion, Evidence::tensor_prefix, "double_blocks."},
    KindRow{FileKind::diffusion, Evidence::tensor_prefix, "joint_blocks."},
    KindRow{FileKind::diffusion, Evidence::tensor_prefix, "double_layers."},
    KindRow{FileKind::diffusion, Evidence::tensor_prefix, "transformer_blocks."},
    KindRow{FileKind::diffusion, Evidence::tensor_prefix, "down_blocks."},
    KindRow{FileKind::diffusion, Evidence::tensor_prefix, "input_blocks."},
    KindRow{FileKind::diffusion, Evidence::tensor_prefix, "blocks.0.self_attn."},
};

std::string_view text_of(const gguf::File& file, std::string_view key) {
    const gguf::Value* value = file.metadata().find(key);
    return value == nullptr ? std::string_view() : value->as<std::string_view>().value_or("");
}

const gguf::TensorInfo* tensor_where(const gguf::File& file, const auto& condition) {
    const auto found = std::ranges::find_if(file.tensors(), condition, &gguf::TensorInfo::name);
    return found == file.tensors().end() ? nullptr : &*found;
}

std::string named(const gguf::TensorInfo& info) { return fmt::format("it holds a tensor {}", printable(info.name)); }

std::optional<std::string> meets(const gguf::File& file, const KindRow& row) {
    const auto starts = [&](std::string_view name) { return name.starts_with(row.text); };
    const auto ends = [&](std::string_view name) { return name.ends_with(row.text); };
    switch (row.evidence) {
        case Evidence::type:
            if (text_of(file, kType) != row.text) break;
            return fmt::format("{} is {}", kType, row.text);
        case Evidence::architecture:
            if (text_of(file, kArchitecture) != row.text) break;
            return fmt::format("{} is {}", kArchitecture, row.text);
        case Evidence::key_prefix: {
            const auto entries = file.metadata().entries();
            const auto found = std::ranges::find_if(entries, starts, &gguf::Entry::key);
            if (found == entries.end()) break;
            return fmt::format("it has a key {}", printable(found->key));
        }
        case Evidence::tensor_prefix:
            if (const auto* info = tensor_where(file, starts)) return named(*info);
            break;
        case Evidence::tensor_suffix:
            if (const auto* info = tensor_where(file, ends)) return named(*info);
            break;
    }
    return std::nullopt;
}

// What has the names of llama.cpp's language models.
KindOfFile by_names_of_models(const gguf::File& file) {
    const std::string_view architecture = text_of(file, kArchitecture);
    const bool empty = file.tensors().empty() && file.parts_missing() == 0;
    if (empty && file.metadata().find("tokenizer.ggml.model") != nullptr)
        return {FileKind::vocabulary, "it has a tokenizer and no tensors"};
    const gguf::TensorInfo* block =
        tensor_where(file, [](std::string_view name) { return model::role_of(name).stack != model::Stack::none; });
    if (architecture.empty())
        return block != nullptr ? KindOfFile{FileKind::model, named(*block)}
                                : KindOfFile{FileKind::other, fmt::format("key {} is missing", kArchitecture)};
    std::string is = fmt::format("{} is {}", kArchitecture, printable(architecture));
    const bool known = model::has_a_row(architecture);
    if (known || block != nullptr || file.metadata().find(fmt::format("{}.block_count", architecture)) != nullptr)
        return {FileKind::model, std::move(is)};
    return {FileKind::other, is + ", and nothing counts blocks"};
}

}  // namespace

std::string_view to_string(FileKind kind) {
    constexpr std::array<std::string_view, 8> kNames = {"model",          "adapter",    "projector", "imatrix",
                                                        "control-vector", "vocabulary", "diffusion", "other"};
    return kNames[static_cast<std::size_t>(kind)];
}

std::string_view phrase(FileKind kind) {
    constexpr std::array<std::string_view, 8> kPhrases = {"a language model",
                                                          "an adapter (LoRA) for a model",
                                                          "a projector (mmproj) of images or sound",
                                                          "an importance matrix",
                                                          "a control vector",
                                                          "a vocabulary alone",
                                                          "a diffusion model",
                                                          "of no kind that attnx knows"};
    return kPhrases[static_cast<std::size_t>(kind)];
}

std::span<const KindRow> kind_rows() { return kRows; }

KindOfFile kind_of(const gguf::File& file) {
    for (const KindRow& row : kRows)
        if (auto because = meets(file, row)) return {row.kind, *std::move(because)};
    return by_names_of_models(file);
}

void require_model(const gguf::File& file) {
    const KindOfFile is = kind_of(file);
    if (is.kind == FileKind::model) return;
    throw Error(ErrorCode::not_a_model,
                fmt::format("this file is {}{}: {}", phrase(is.kind),
                            is.kind == FileKind::other ? "" : ", not a language model", is.because),
                {file.path(), {}, {}});
}

}  // namespace attnx::analysis
