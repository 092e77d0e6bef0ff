#include "support/model_case.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "support/golden_model.h"
#include "support/read_json.h"

namespace attnx::test {
namespace {

using nlohmann::json;

gguf::TensorType type_named(const std::string& name) {
    const gguf::TensorTypeRow* row = gguf::find_tensor_type(name);
    if (row == nullptr) throw std::runtime_error("no tensor type " + name);
    return row->type;
}

ExpectedMemory memory_row(const json& row, bool draft) {
    ExpectedMemory expected;
    analysis::ContextParams& params = expected.params;
    params.context = row.at(0);
    params.parallel = row.at(1);
    params.type_k = type_named(row.at(2));
    params.type_v = type_named(row.at(3));
    params.swa_full = row.at(4);
    params.unified = row.at(5);
    params.flash_attention = row.at(6);
    params.ubatch = row.at(7);
    params.mtp = draft;
    if (!row.at(9).is_null()) {
        expected.context_allocated = row.at(8);
        expected.bytes = row.at(9);
    }
    expected.text = (draft ? "draft context " : "") + row.dump();
    return expected;
}

}  // namespace

ModelCase read_case(const std::filesystem::path& path) {
    const json model = read_json(path);
    const json& expected = model.at("expected");
    ModelCase result;
    result.architecture = model.at("architecture");
    result.source = model.value("source", "");
    result.layer_count = expected.at("n_layer");
    result.layer_count_all = expected.at("n_layer_all");
    result.context_length = expected.at("n_ctx_train");
    result.embedding_length = expected.at("n_embd");
    result.causal = expected.at("causal");
    result.mla = expected.at("mla");
    result.rope_type = expected.at("rope_type");
    result.window_type = expected.at("swa_type");
    result.window = expected.at("n_swa");
    for (const json& row : expected.at("layers"))
        result.layers.push_back(
            {row.at(0), row.at(1), row.at(2), row.at(3), row.at(4), row.at(5) != 0, row.at(6) != 0, row.at(7) != 0});
    for (const bool draft : {false, true})
        for (const json& row : expected.value(draft ? "memory_mtp" : "memory", json::array()))
            result.memory.push_back(memory_row(row, draft));
    for (const json& id : model.value("findings", json::array())) result.findings.push_back(id);
    return result;
}

CaseFile::CaseFile(const std::filesystem::path& json)
    : bytes_(golden_model_bytes(json, Weights::zero)),
      file_(gguf::File::from_bytes(bytes_, json.filename().string())) {}

}  // namespace attnx::test
