#include "attnx/analysis/kv_cost.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "support/golden_model.h"
#include "support/paths.h"

namespace attnx::analysis {
namespace {

using nlohmann::json;

ContextParams params_of(const json& given) {
    const auto number = [&](const char* name, std::uint64_t otherwise) {
        return given.contains(name) ? given.at(name).get<std::uint64_t>() : otherwise;
    };
    const auto type = [&](const char* name) {
        return gguf::find_tensor_type(given.value(name, std::string("f16")))->type;
    };
    ContextParams params;
    params.context = number("n_ctx", 0);
    params.parallel = number("n_seq", 1);
    params.batch = number("n_batch", 2048);
    params.ubatch = number("n_ubatch", 512);
    params.type_k = type("tk");
    params.type_v = type("tv");
    params.flash_attention = number("fa", 1) != 0;
    params.swa_full = number("swa_full", 0) != 0;
    params.unified = number("unified", 0) != 0;
    params.state_snapshots = number("n_rs", 0);
    params.mtp = number("mtp", 0) != 0;
    return params;
}

TEST(KvCost, agrees_with_llama_cpp_on_54_contexts_of_well_known_models) {
    std::ifstream in(std::string(ATTNX_SOURCE_DIR) + "/tests/golden/kv-vectors.json");
    const json vectors = json::parse(in);
    EXPECT_EQ(vectors.size(), 54U);
    for (const json& vector : vectors) {
        SCOPED_TRACE(vector.at("name").get<std::string>() + " " + vector.at("params").dump());
        const auto bytes = test::kv_vector_model(vector.at("meta").dump()).bytes();
        const auto file = gguf::File::from_bytes(bytes, "vector");
        const model::ModelSpec spec = model::build_spec(file);
        EXPECT_TRUE(spec.memory.refusals.empty()) << spec.memory.refusals.front();
        EXPECT_EQ(kv_cost(spec, params_of(vector.at("params"))).total_bytes,
                  vector.at("bytes").get<std::uint64_t>());
    }
}

}  // namespace
}  // namespace attnx::analysis
