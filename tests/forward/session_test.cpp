// Whole models: closed forms and identities (docs/known-answers.md), and refusals.
#include "attnx/forward/session.h"

#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "attnx/trace/attention.h"
#include "support/gguf_builder.h"
#include "support/golden.h"
#include "support/golden_attention.h"
#include "support/golden_model.h"
#include "support/tiny_model.h"

namespace attnx::forward {
namespace {

const std::vector<std::uint32_t> kPrompt{1, 5, 2, 9, 9, 3, 0, 10};

struct Outcome {
    std::map<std::uint32_t, trace::AttentionMap> maps;
    std::vector<float> logits;
};

// Feeds the tokens in parts of the given size; 0: all at once.
Outcome run(const std::vector<std::byte>& bytes, const std::vector<std::uint32_t>& tokens, std::size_t part = 0,
            FeedOptions options = {}) {
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    Session session(file, model::build_spec(file), {.threads = 2, .context = 0, .causal = {}});
    trace::AttentionRecorder recorder;
    Outcome result;
    if (part == 0) part = tokens.size();
    for (std::size_t first = 0; first < tokens.size(); first += part) {
        const std::size_t count = std::min(part, tokens.size() - first);
        result.logits = session.feed(std::span(tokens).subspan(first, count), recorder, options);
    }
    EXPECT_EQ(session.position(), tokens.size());
    result.maps = recorder.maps();
    return result;
}

void expect_equal(const Outcome& a, const Outcome& b, double tolerance) {
    ASSERT_EQ(a.maps.size(), b.maps.size());
    for (const auto& [layer, map] : a.maps) {
        const auto& other = b.maps.at(layer);
        ASSERT_EQ(map.heads(), other.heads());
        for (std::uint32_t h = 0; h < map.heads(); ++h) {
            for (std::size_t i = 0; i < map.head(h).size(); ++i)
                ASSERT_NEAR(map.head(h)[i], other.head(h)[i], tolerance) << layer << ' ' << h << ' ' << i;
        }
    }
    ASSERT_EQ(a.logits.size(), b.logits.size());
    for (std::size_t i = 0; i < a.logits.size(); ++i) EXPECT_NEAR(a.logits[i], b.logits[i], 20 * tolerance);
}

ErrorCode refusal(const std::vector<std::byte>& bytes, const std::vector<std::uint32_t>& tokens,
                  std::string* text = nullptr) {
    try {
        run(bytes, tokens);
    } catch (const Error& e) {
        if (text != nullptr) *text = e.what();
        return e.code();
    }
    return ErrorCode::internal;
}

TEST(Session, without_queries_attends_evenly) {
    const Outcome r = run(test::TinyModel{.zero_queries = true}.bytes(), kPrompt);
    ASSERT_EQ(r.maps.size(), 2u);
    for (const auto& [layer, map] : r.maps) {
        for (std::uint32_t h = 0; h < map.heads(); ++h) {
            for (std::uint32_t i = 0; i < map.tokens(); ++i) {
                for (std::uint32_t j = 0; j < map.tokens(); ++j)
                    EXPECT_NEAR(map.row(h, i)[j], j <= i ? 1.0 / (i + 1) : 0.0, 1e-6);
            }
        }
    }
}

TEST(Session, rows_sum_to_one) {
    const Outcome r = run(test::TinyModel{.kv_heads = 1}.bytes(), kPrompt);
    for (const auto& [layer, map] : r.maps) {
        for (std::uint32_t h = 0; h < map.heads(); ++h) {
            for (std::uint32_t i = 0; i < map.tokens(); ++i) {
                const auto row = map.row(h, i);
                EXPECT_NEAR(std::accumulate(row.begin(), row.end(), 0.0), 1.0,
                            1e-6 * static_cast<double>(kPrompt.size()));
            }
        }
    }
}

// Grouped-query attention is multi-head attention with the shared K and V repeated.
TEST(Session, grouped_queries_equal_their_expansion) {
    test::TinyModel grouped{.heads = 4, .kv_heads = 2};
    test::TinyModel expanded{.heads = 4, .kv_heads = 4};
    constexpr std::uint64_t head = 16 * 16 / 4;  // weights of one head of K or V
    expanded.change = [](std::string_view name, std::uint64_t index, float value) {
        if (name.find("attn_k.") == std::string_view::npos && name.find("attn_v.") == std::string_view::npos)
            return value;
        const std::uint64_t source = index / head / 2 * head + index % head;
        return test::golden_weight(name, 7, source, name.find("attn_k.") != std::string_view::npos ? 0.9F : 0.5F, 0.0F);
    };
    expect_equal(run(grouped.bytes(), kPrompt), run(expanded.bytes(), kPrompt), 1e-6);
}

TEST(Session, fed_in_parts_equals_fed_at_once) {
    const auto bytes = test::TinyModel{.kv_heads = 1}.bytes();
    const FeedOptions logits{.last_layer = {}, .logits = true};
    const Outcome whole = run(bytes, kPrompt, 0, logits);
    EXPECT_EQ(whole.logits.size(), 11u);
    expect_equal(whole, run(bytes, kPrompt, 1, logits), 1e-5);
    expect_equal(whole, run(bytes, kPrompt, 3, logits), 1e-5);
}

TEST(Session, remembers_recurrent_states_and_compressed_keys_between_parts) {
    for (const char* name :
         {"deepseek2", "falcon-h1", "kimi-linear", "qwen3next", "lfm2", "jamba", "gemma2", "gpt-oss"}) {
        SCOPED_TRACE(name);
        const auto json = test::golden_path(name);
        const auto bytes = test::golden_model_bytes(json, test::Weights::real);
        const auto tokens = test::golden_attention(json).tokens;
        expect_equal(run(bytes, tokens), run(bytes, tokens, 5), 1e-3);
    }
}

TEST(Session, stops_after_the_last_layer_asked_for) {
    const auto bytes = test::TinyModel{}.bytes();
    const Outcome all = run(bytes, kPrompt), first = run(bytes, kPrompt, 0, {.last_layer = 0, .logits = false});
    ASSERT_EQ(first.maps.size(), 1u);
    for (std::size_t i = 0; i < first.maps.at(0).head(0).size(); ++i)
        EXPECT_EQ(first.maps.at(0).head(0)[i], all.maps.at(0).head(0)[i]);
}

TEST(Session, starts_anew_after_a_reset) {
    const auto bytes = test::TinyModel{}.bytes();
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    Session session(file, model::build_spec(file));
    trace::AttentionRecorder a, b;
    session.feed(kPrompt, a, {.last_layer = 0, .logits = false});
    session.reset();
    EXPECT_EQ(session.position(), 0u);
    session.feed(kPrompt, b);
    EXPECT_EQ(b.maps().size(), 2u);
    EXPECT_EQ(b.maps().at(0).tokens(), kPrompt.size());
}

TEST(Session, refuses_ids_outside_the_vocabulary_and_an_empty_prompt) {
    const auto bytes = test::TinyModel{}.bytes();
    std::string text;
    EXPECT_EQ(refusal(bytes, {1, 11}, &text), ErrorCode::bad_value);
    EXPECT_NE(text.find("token id 11"), std::string::npos) << text;
    const auto file = gguf::File::from_bytes(bytes, "m.gguf");
    trace::AttentionRecorder recorder;
    Session session(file, model::build_spec(file));
    EXPECT_THROW(session.feed({}, recorder), Error);
}

TEST(Session, names_the_mechanism_it_does_not_execute) {
    for (const auto& [architecture, mechanism] : std::map<std::string, std::string>{{"rwkv7", "no softmax attention"},
                                                                                    {"deepseek4", "indexer"},
                                                                                    {"t5", "cross-attention"},
                                                                                    {"no-such-model", "not known"}}) {
        std::string text;
        EXPECT_EQ(refusal(test::TinyModel{.architecture = architecture}.bytes(), kPrompt, &text),
                  ErrorCode::unsupported)
            << text;
        EXPECT_NE(text.find(mechanism), std::string::npos) << text;
    }
}

TEST(Session, tells_what_is_odd_about_how_llama_cpp_runs_a_model) {
    const auto findings_of = [](std::uint32_t experts) {
        const auto bytes = test::TinyModel{.architecture = "refact",
                                           .extra_keys = {{"expert_count", experts}, {"expert_used_count", 1u}}}
                               .bytes();
        const auto file = gguf::File::from_bytes(bytes, "m.gguf");
        return Session(file, model::build_spec(file)).graph().findings;
    };
    EXPECT_TRUE(findings_of(0).empty());
    ASSERT_EQ(findings_of(4).size(), 1u);
    EXPECT_EQ(findings_of(4)[0].id, FindingId::key_ignored);
    EXPECT_NE(findings_of(4)[0].message.find("refact.expert_count"), std::string::npos);
}

TEST(Session, says_which_tensor_is_missing_or_misshapen) {
    std::string text;
    test::TinyModel model;
    model.layers = 3;
    auto bytes = model.bytes();
    const auto patch = [&bytes](std::string_view from, std::string_view to) {
        const auto data = reinterpret_cast<char*>(bytes.data());
        const auto at = std::string_view(data, bytes.size()).find(from);
        ASSERT_NE(at, std::string_view::npos);
        std::ranges::copy(to, data + at);
    };
    patch("blk.1.attn_output", "blk.1.attn_outqut");
    EXPECT_EQ(refusal(bytes, kPrompt, &text), ErrorCode::missing_tensor);
    EXPECT_NE(text.find("blk.1.attn_output.weight"), std::string::npos) << text;
}

// Shapes and counts that do not go together end in an Error, not in reading past a vector.
TEST(Session, refuses_parts_that_do_not_fit_together) {
    for (const auto& spoil : std::vector<std::function<void(test::TinyModel&)>>{
             [](test::TinyModel& m) { m.claimed_heads = 3; }, [](test::TinyModel& m) { m.claimed_kv_heads = 0; },
             [](test::TinyModel& m) { m.norm_width = 15; }, [](test::TinyModel& m) { m.down_outputs = 17; }}) {
        test::TinyModel model;
        spoil(model);
        EXPECT_THROW(run(model.bytes(), kPrompt), Error);
    }
}

}  // namespace
}  // namespace attnx::forward
