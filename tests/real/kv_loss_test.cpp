// What quantised caches cost two real models against llama.cpp's own logits (kv_loss of real/NAME.json,
// tests/golden/README.md): to the last bit the same computation, so that no noise has to be allowed for.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "attnx/gguf/file.h"
#include "attnx/model/build.h"
#include "attnx/study/kv_loss.h"
#include "support/golden.h"
#include "support/read_json.h"
#include "support/real_model.h"

namespace attnx {
namespace {

constexpr double kPart = 0.01, kLossApart = 1e-3;

study::CachePair pair_of(const nlohmann::json& row) {
    const auto type = [&](const char* key) { return gguf::find_tensor_type(row.at(key).get<std::string>())->type; };
    return {type("cache_type_k"), type("cache_type_v")};
}

void expect_loss_as_measured(const char* model) {
    const auto path = test::model_path(model);
    NEEDS_MODEL(path);
    const auto golden = test::read_json(test::golden_dir() / "real" / (std::string(model) + ".json"));
    const auto& measured = golden.at("kv_loss");
    const double noise = measured.at("kl_of_flash_attention_off");
    const gguf::File file = gguf::File::open(path);
    const model::ModelSpec spec = model::build_spec(file);
    study::KvLossQuestion question;
    for (const auto& row : measured.at("rows")) question.types.push_back(pair_of(row));
    study::Prompt prompt;
    prompt.ids = golden.at("tokens").get<std::vector<std::uint32_t>>();
    const study::KvLoss told = study::kv_loss(file, spec, prompt, question);

    ASSERT_EQ(told.rows.size(), 8u);
    EXPECT_NEAR(*told.loss, measured.at("loss").get<double>(), kLossApart);
    EXPECT_NEAR(told.noise->kl_mean, noise, kPart * noise);
    for (std::size_t i = 0; i < told.rows.size(); ++i) {
        const auto& row = measured.at("rows")[i];
        const double kl = row.at("kl_mean");
        const auto name = row.at("cache_type_k").get<std::string>() + " " + row.at("cache_type_v").get<std::string>();
        std::cout << model << " " << name << ": KL " << told.rows[i].kl_mean << ", measured " << kl << "; loss "
                  << *told.rows[i].loss << ", measured " << row.at("loss") << '\n';
        EXPECT_NEAR(told.rows[i].kl_mean, kl, kPart * kl) << name;
        EXPECT_NEAR(*told.rows[i].loss, row.at("loss").get<double>(), kLossApart) << name;
    }
}

TEST(RealKvLoss, of_smollm2_is_what_llama_cpp_loses) { expect_loss_as_measured(test::kSmolLm2); }
TEST(RealKvLoss, of_gemma3_is_what_llama_cpp_loses) { expect_loss_as_measured(test::kGemma3); }

}  // namespace
}  // namespace attnx
