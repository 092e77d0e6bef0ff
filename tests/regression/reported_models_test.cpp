// Models that people reported: what their context takes, and what llama.cpp says to their files. Figures are
// llama.cpp's buffers, or worked out beside the test.
#include <gtest/gtest.h>

#include <cmath>

#include "support/ask_about.h"
#include "support/reported_files.h"

namespace attnx::test {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

json cost_of(const HollowFile& file, std::vector<std::string> options) {
    options.insert(options.begin(), "kv-cost");
    return FileOnDisk(file).ask(std::move(options)).at("result");
}

// K, V and state of the caches of a kind, without the matrices that rotate quantised rows.
std::uint64_t bytes_of_kind(const json& cost, const std::string& kind) {
    std::uint64_t sum = 0;
    for (const json& cache : cost.at("caches"))
        if (cache.at("kind") == kind)
            for (const char* part : {"k_bytes", "v_bytes", "state_bytes"}) sum += cache.at(part).get<std::uint64_t>();
    return sum;
}

TEST(ReportedModels, deepseek_v4_flash_keeps_a_window_two_compressions_and_an_index) {
    const json cost = cost_of(deepseek_v4_flash(), {"-c", "131072"});
    EXPECT_EQ(bytes_of_kind(cost, "sliding"), 32 * kMiB + kMiB / 4);
    EXPECT_EQ(bytes_of_kind(cost, "indexer"), 168 * kMiB);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> compressed;  // layers, MiB
    for (const json& cache : cost.at("caches"))
        if (cache.at("kind") == "compressed" && cache.at("state_bytes") == 0 && cache.at("k_bytes") != 0)
            compressed.emplace_back(cache.at("layers"), cache.at("k_bytes").get<std::uint64_t>() / kMiB);
    ASSERT_GE(compressed.size(), 2u);
    EXPECT_EQ(compressed[0], std::pair(std::uint64_t{21}, std::uint64_t{672}));
    EXPECT_EQ(compressed[1], std::pair(std::uint64_t{20}, std::uint64_t{20}));
    EXPECT_NEAR(cost.at("bytes_per_token").get<double>(), 6.7 * 1024, 0.05 * 1024);
}

TEST(ReportedModels, glm_4_6_leaves_its_prediction_layer_to_the_draft_context) {
    const json main = cost_of(glm_4_6(), {"-c", "8192"});
    // A layer: 8 heads of 128, K and V in f16, 8192 cells: 32 MiB.
    EXPECT_EQ(main.at("total_bytes"), 92 * 32 * kMiB);  // 2.875 GiB
    EXPECT_EQ(main.at("caches").at(0).at("layers"), 92);
    const json draft = cost_of(glm_4_6(), {"-c", "8192", "--mtp"});
    EXPECT_EQ(draft.at("total_bytes"), 32 * kMiB);
    EXPECT_EQ(draft.at("caches").at(0).at("layers"), 1);
}

TEST(ReportedModels, qwen3_5_predicts_with_one_layer) {
    EXPECT_EQ(cost_of(qwen3_5_4b_with_prediction(), {"-c", "8192", "--mtp"}).at("total_bytes"), 33554432);
}

TEST(ReportedModels, gemma3_270m_takes_more_for_three_slots_than_for_four) {
    EXPECT_EQ(cost_of(gemma3_270m(), {"-c", "1024"}).at("total_bytes"), 18 * kMiB);
    EXPECT_EQ(cost_of(gemma3_270m(), {"-c", "1024", "-np", "3"}).at("total_bytes"), 27 * kMiB);
    EXPECT_EQ(cost_of(gemma3_270m(), {"-c", "1024", "-np", "4"}).at("total_bytes"), 18 * kMiB);
}

TEST(ReportedModels, nemotron_ultra_keeps_k_and_v_in_a_third_of_its_layers) {
    const json cost = cost_of(nemotron_ultra(), {"-c", "65536", "-ctk", "iq4_nl", "-ctv", "iq4_nl"});
    EXPECT_EQ(bytes_of_kind(cost, "full"), 4076863488u);
    const auto owners = std::ranges::count_if(
        cost.at("layers"), [](const json& layer) { return layer.at("k_bytes").get<std::uint64_t>() != 0; });
    EXPECT_EQ(owners, 54);
}

TEST(ReportedModels, muse_glimmer_slides_in_three_of_four_layers) {
    for (const MusePattern pattern : {MusePattern::left_out, MusePattern::as_key}) {
        const json cost = cost_of(muse_glimmer(pattern), {"-c", "32768", "-ctk", "q8_0", "-ctv", "q8_0"});
        const double mib = static_cast<double>(bytes_of_kind(cost, "full") + bytes_of_kind(cost, "sliding")) / kMiB;
        EXPECT_EQ(cost.at("exact"), true);
        EXPECT_EQ(std::llround(mib), 273);
    }
}

TEST(ReportedModels, nemotron3_nano_has_state_attention_and_layers_without_either) {
    for (const Parts parts : {Parts::keys, Parts::all}) {
        const FileOnDisk file(nemotron3_nano(parts));
        if (parts == Parts::all) {
            EXPECT_EQ(file.size(), 33577625632u);
        }
        const json cost = file.ask({"kv-cost", "-c", "8192"}).at("result");
        EXPECT_EQ(bytes_of_kind(cost, "recurrent"), 49930240u);
        for (const json& cache : cost.at("caches"))
            EXPECT_EQ(cache.at("layers"), cache.at("kind") == "recurrent" ? 23 : 6) << cache;
        const json inspected = file.ask({"inspect"});
        std::size_t feed_forward = 0;
        for (const json& layer : inspected.at("result").at("layers")) {
            if (layer.at("kind") != "feed_forward") continue;
            ++feed_forward;
            const json& own = cost.at("layers").at(layer.at("layer").get<std::size_t>());
            for (const char* part : {"k_bytes", "v_bytes", "state_bytes"}) EXPECT_EQ(own.at(part), 0) << own;
        }
        EXPECT_EQ(feed_forward, 52u - 23 - 6);
    }
}

TEST(ReportedModels, a_vendors_key_that_denies_attention_is_named_with_the_layers) {
    HollowFile model = nemotron3_nano(Parts::all, KvHeads::zero);
    EXPECT_EQ(FileOnDisk(model).size(), 33577625632u);
    const FileOnDisk file(model.vocabulary(131072));
    const json check = file.ask({"check"}, 1);
    EXPECT_NE(findings_about(check, "layer-kind-disagrees").find("layers 5,12,19,26,33,42 hold"), std::string::npos)
        << check;
    const json& row = check.at("result").at("files").at(0);
    EXPECT_EQ(row.at("loads"), false);
    EXPECT_EQ(row.at("refusal").at("name"), "blk.5.ssm_in.weight");
    EXPECT_NE(row.at("refusal").at("message").get<std::string>().find("is missing"), std::string::npos);
    const json cost = file.ask({"kv-cost", "-c", "8192"});
    EXPECT_EQ(cost.at("result").at("exact"), false);
    EXPECT_NE(findings_about(cost, "layer-kind-disagrees"), "");
}

TEST(ReportedModels, gpt_oss_takes_the_same_as_llama_cpp_and_as_ollama_write_it) {
    // 12 full layers: 8 heads of 64, K and V in f16, 8192 cells: 16 MiB each; 12 of window 128: 128 + 512, padded to
    // 768 cells, 1.5 MiB each.
    const std::uint64_t right = 12 * 16 * kMiB + 12 * 3 * kMiB / 2;
    ASSERT_EQ(right, 210 * kMiB);
    const FileOnDisk llama_cpp(gpt_oss_20b()), ollama(ollama_gpt_oss_20b());
    EXPECT_EQ(llama_cpp.size(), 13752335104u);
    EXPECT_EQ(ollama.size(), 13752822784u);
    EXPECT_EQ(llama_cpp.ask({"kv-cost", "-c", "8192"}).at("result").at("total_bytes"), right);
    const json other = ollama.ask({"kv-cost", "-c", "8192"}).at("result");
    EXPECT_EQ(other.at("total_bytes"), right);
    EXPECT_EQ(other.at("exact"), false);
    EXPECT_EQ(ollama.ask({"check"}, 1).at("result").at("files").at(0).at("refusal").at("name"), "general.architecture");
}

TEST(ReportedModels, ollamas_gemma3_gets_a_figure_and_the_reason_why_llama_cpp_refuses_it) {
    const FileOnDisk file(ollama_gemma3_12b());
    EXPECT_EQ(file.size(), 8549606080u);
    constexpr std::string_view kMissing = "key gemma3.attention.layer_norm_rms_epsilon is missing";
    const json cost = file.ask({"kv-cost", "-c", "8192"});
    // K and V of 8 heads of 256 in f16: 8 KiB a cell; 8 of 48 layers are full, 40 keep 1024 + 512 cells.
    EXPECT_EQ(cost.at("result").at("total_bytes"), 8192u * (8 * 8192 + 40 * 1536));
    EXPECT_EQ(cost.at("result").at("exact"), false);
    EXPECT_NE(cost.at("result").at("estimate_reason").get<std::string>().find(kMissing), std::string::npos);
    EXPECT_NE(findings_about(cost, "llama-cpp-refuses").find(kMissing), std::string::npos);
    // The same through a pipe.
    const Result inspected = file.answer({"inspect"}, {"--json"});
    const Result piped = run({.arguments = {"kv-cost", "--json", "-c", "8192"}, .input = inspected.out});
    EXPECT_EQ(json::parse(piped.out).at("result").at("estimate_reason"), cost.at("result").at("estimate_reason"));
    EXPECT_EQ(file.ask({"check"}, 1).at("result").at("files").at(0).at("refusal").at("name"),
              "gemma3.attention.layer_norm_rms_epsilon");
}

TEST(ReportedModels, ollamas_gemma3_has_a_tower_that_is_not_the_models_layers) {
    const FileOnDisk file(ollama_gemma3_12b());
    const json rows = file.ask({"tensors", "--attention"}).at("result").at("attention");
    ASSERT_EQ(rows.size(), 48u);
    EXPECT_EQ(rows.at(0).at("q"), "blk.0.attn_q.weight");
    EXPECT_EQ(rows.at(0).at("stack"), "trunk");
    const json queries = file.ask({"tensors", "--filter", "v.blk.0.attn_q*"});
    ASSERT_EQ(queries.at("result").at("tensors").size(), 1u);
    for (const json& tensor : queries.at("result").at("tensors")) {
        EXPECT_EQ(tensor.at("role"), "vision Q");
        EXPECT_EQ(tensor.at("stack"), "vision");
    }
    const json inspected = file.ask({"inspect"}).at("result");
    EXPECT_EQ(inspected.at("layer_count"), 48);
    const std::uint64_t w = 1152, ff = 4304, each = 4 * w * w + 2 * w * ff + w;
    const std::uint64_t around = 3840 * w + w + 14 * 14 * 3 * w + w + w * 4096;  // projector, patches, positions
    EXPECT_EQ(inspected.at("tower_parameter_count"), 27 * each + around);
    std::uint64_t all = 0;
    const json tensors = file.ask({"tensors"});
    for (const json& tensor : tensors.at("result").at("tensors")) all += tensor.at("elements").get<std::uint64_t>();
    EXPECT_EQ(inspected.at("parameter_count"), all);
    const json check = file.ask({"check"}, 1);
    EXPECT_NE(findings_about(check, "tensor-superfluous").find("belongs to an encoder of images or sound"),
              std::string::npos);
    EXPECT_EQ(findings_about(check, "shape-disagrees"), "");  // how many tokens there are nobody said
}

}  // namespace
}  // namespace attnx::test
