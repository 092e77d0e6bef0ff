#include "attnx/places/server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "attnx/base/error.h"
#include "support/console_blocks.h"
#include "support/refusal.h"

namespace attnx::places {
namespace {

using nlohmann::json;

// Says what a test tells it to, a line every 10 ms, and notes what it was asked.
struct Puppet {
    std::map<std::string, ServerReply> replies = {};  // by path
    std::vector<ServerCall> asked = {};

    void say(const std::string& path, const std::string& body, int status = 200) {
        ServerReply reply{.status = status, .headers = {{"content-type", "text/html"}}};
        for (const std::string& line : test::lines_of(body))
            reply.lines.push_back({line, 10.0 * static_cast<double>(reply.lines.size() + 1)});
        reply.end = 10.0 * static_cast<double>(reply.lines.size());
        replies[path] = reply;
    }
    CallServer calls() {
        return [this](const ServerCall& call) {
            asked.push_back(call);
            const auto found = replies.find(call.url.substr(call.url.find('/', 8)));
            return found == replies.end() ? ServerReply{.status = 404} : found->second;
        };
    }
};

constexpr const char* kProps = R"({"default_generation_settings":{"n_ctx":512},"total_slots":2,"model_alias":"m"})";
constexpr const char* kModels = R"({"data":[{"id":"first"},{"id":"second","max_model_len":2048,"owned_by":"vllm"}]})";

Puppet llama_cpp() {
    Puppet puppet;
    puppet.say("/props", kProps);
    puppet.say("/health", "{}");
    return puppet;
}

Puppet openai() {
    Puppet puppet;
    puppet.say("/v1/models", kModels);
    return puppet;
}

TEST(ServerUrl, is_a_host_with_or_without_its_scheme_and_openai_s_path) {
    EXPECT_EQ(server_url("127.0.0.1:9931"), "http://127.0.0.1:9931");
    EXPECT_EQ(server_url("https://example.org/v1/"), "https://example.org");
    EXPECT_EQ(server_url("http://[::1]:8080//"), "http://[::1]:8080");
    EXPECT_EQ(server_url("http://host/behind/a/path"), "http://host/behind/a/path");
    for (const char* none :
         {"", "ftp://host", "http://", "http:///path", "http://:80", "http://a b", "http://user:pw@host",
          "http://host\"", "http://host\\", "http://host\n-x", "http://host?q=1", "h\xC3\xB6st"})
        EXPECT_FALSE(server_url(none)) << none;
}

TEST(Server, that_is_llama_cpp_s_tells_its_context_and_slots) {
    Puppet puppet = llama_cpp();
    puppet.say("/slots", R"([{"is_processing":true},{"is_processing":false},{"is_processing":1}])");
    puppet.say("/v1/models", R"({"data":[{"id":"m","meta":{"n_vocab":5,"n_embd":6,"n_params":7}}]})");
    const Server server(puppet.calls(), "http://h");
    EXPECT_TRUE(server.facts().llama_cpp);
    EXPECT_EQ(server.facts().context, 512U);
    EXPECT_EQ(server.facts().slots, 2U);
    EXPECT_EQ(server.facts().busy_slots, 1U);
    EXPECT_EQ(server.facts().vocabulary_size, 5U);
    EXPECT_EQ(server.facts().embedding_length, 6U);
    EXPECT_EQ(server.facts().parameter_count, 7U);
    EXPECT_EQ(server.facts().latency_ms, 10) << "of /health, a line";
}

TEST(Server, of_another_kind_is_asked_as_openai_s_is) {
    Puppet puppet = openai();
    const Server first(puppet.calls(), "http://h"), second(puppet.calls(), "http://h", "second");
    EXPECT_FALSE(first.facts().llama_cpp);
    EXPECT_EQ(first.facts().model, "first");
    EXPECT_EQ(first.facts().models, 2U);
    EXPECT_FALSE(first.facts().context);
    EXPECT_FALSE(first.facts().slots);
    EXPECT_FALSE(first.tokens("text"));
    EXPECT_EQ(second.facts().model, "second");
    EXPECT_EQ(second.facts().context, 2048U);
    EXPECT_EQ(second.facts().software, "vllm");
    test::expect_refusal(test::refusal_of([&] { Server(puppet.calls(), "http://h", "third"); }), ErrorCode::not_fetched,
                         "offers no model third");
}

// One that hands on to others is asked for one of them, as they offer it.
TEST(Server, of_llama_cpp_that_only_hands_on_is_asked_as_openai_s_is) {
    Puppet puppet = openai();
    puppet.say("/props", R"({"role":"router","default_generation_settings":{"n_ctx":0}})");
    EXPECT_FALSE(Server(puppet.calls(), "http://h").facts().llama_cpp);
}

TEST(Server, takes_no_figure_that_is_none) {
    Puppet puppet = llama_cpp();
    puppet.say("/props",
               R"({"default_generation_settings":{"n_ctx":-1},"total_slots":1e300,"model_alias":7,"build_info":[]})");
    puppet.say("/v1/models", R"({"data":[{"id":"m","meta":{"n_vocab":"x","n_embd":99999999999999999999999}}]})");
    const Server server(puppet.calls(), "http://h");
    EXPECT_FALSE(server.facts().context);
    EXPECT_FALSE(server.facts().slots);
    EXPECT_FALSE(server.facts().build);
    EXPECT_FALSE(server.facts().vocabulary_size);
    EXPECT_FALSE(server.facts().embedding_length);
    EXPECT_EQ(server.facts().model, "m");
}

TEST(Server, that_does_not_answer_is_told_in_a_line) {
    struct Case {
        int status;
        const char *body, *says;
    };
    for (const Case& each :
         {Case{401, R"({"error":{"message":"Invalid API Key"}})", "HTTP 401: Invalid API Key; --api-key-file"},
          {503, R"({"error":{"message":"Loading model"}})", "HTTP 503: Loading model"},
          {307, "", "redirects to nowhere"},
          {200, "<html>", "offers no models"},
          {200, "[[[[", "offers no models"},
          {200, R"({"data":[]})", "offers no models"},
          {500, "<html>", "HTTP 500: text/html"}}) {
        Puppet puppet;
        puppet.say("/props", each.body, each.status);
        puppet.say("/v1/models", each.body, each.status);
        test::expect_refusal(test::refusal_of([&] { Server(puppet.calls(), "http://h"); }), ErrorCode::not_fetched,
                             each.says);
    }
}

TEST(Server, answers_with_its_own_times_beside_ours) {
    Puppet puppet = llama_cpp();
    puppet.say(
        "/completion",
        ": a comment\n"                               // 10 ms
        "data: {\"content\":\"\",\"tokens\":[]}\n"    // 20
        "data: {\"content\":\"a\",\"stop\":false}\n"  // 30
        "\n"                                          // 40
        "data: {\"content\":\"b\",\"stop\":false}\n"  // 50
        "data: {\"content\":\"c\",\"stop\":false}\n"  // 60
        "data: {\"content\":\"\",\"stop\":true,\"tokens_evaluated\":9,\"tokens_predicted\":3,"
        "\"timings\":{\"cache_n\":4,\"prompt_n\":5,\"prompt_ms\":18.5,\"predicted_n\":3,\"predicted_ms\":31.5}}\n");
    const Server server(puppet.calls(), "http://h");
    const Answered told = server.answer("say \"x\"", 3);
    EXPECT_EQ(told.prompt_tokens, 9U);
    EXPECT_EQ(told.cached_tokens, 4U);
    EXPECT_EQ(told.output_tokens, 3U);
    EXPECT_EQ(told.first_token_ms, 30);
    EXPECT_EQ(told.prefill_ms, 20) << "without the 10 ms of latency";
    EXPECT_EQ(told.decode_ms, 30);
    EXPECT_EQ(told.total_ms, 70);
    EXPECT_EQ(told.timings->prompt_tokens, 5U);
    EXPECT_EQ(told.timings->prompt_ms, 18.5);
    EXPECT_EQ(told.timings->output_ms, 31.5);
    EXPECT_DOUBLE_EQ(*told.prefill_rate(), 5 / 0.020) << "those in the cache cost nothing";
    EXPECT_DOUBLE_EQ(*told.decode_rate(), 2 / 0.030) << "two tokens after the first";
    const json asked = json::parse(puppet.asked.back().json);
    EXPECT_EQ(asked["prompt"], "say \"x\"");
    EXPECT_EQ(asked["n_predict"], 3);
    EXPECT_EQ(asked["cache_prompt"], false);
    EXPECT_EQ(asked["stream"], true);
}

TEST(Server, of_another_kind_leaves_out_what_it_does_not_tell) {
    Puppet puppet = openai();
    puppet.say("/v1/completions",
               "data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":null}]}\n"
               "data: {\"choices\":[{\"text\":\"b\",\"finish_reason\":\"length\"}]}\n"
               "data: [DONE]\n");
    const Answered told = Server(puppet.calls(), "http://h").answer("x", 2);
    EXPECT_FALSE(told.prompt_tokens);
    EXPECT_FALSE(told.output_tokens);
    EXPECT_FALSE(told.timings);
    EXPECT_FALSE(told.prefill_rate());
    EXPECT_FALSE(told.decode_rate());
    EXPECT_EQ(told.first_token_ms, 10);
    EXPECT_EQ(told.decode_ms, 10);
    EXPECT_EQ(json::parse(puppet.asked.back().json)["model"], "first");
}

TEST(Server, that_only_chats_is_asked_in_a_chat) {
    Puppet puppet = openai();
    puppet.say("/v1/chat/completions",
               "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n"
               "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n"
               "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n"
               "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":2,"
               "\"prompt_tokens_details\":{\"cached_tokens\":1}}}\n");
    const Answered told = Server(puppet.calls(), "http://h").answer("x", 2);
    EXPECT_EQ(told.first_token_ms, 20);
    EXPECT_EQ(told.decode_ms, 10);
    EXPECT_EQ(told.prompt_tokens, 8U);
    EXPECT_EQ(told.cached_tokens, 1U);
    EXPECT_EQ(told.output_tokens, 2U);
    EXPECT_EQ(json::parse(puppet.asked.back().json)["messages"][0]["content"], "x");
}

TEST(Server, whose_answer_is_no_whole_one_is_told_in_a_line) {
    struct Case {
        const char *stream, *says;
    };
    for (const Case& each : {Case{"", "holds no events"},
                             {"{\"content\":\"all at once\"}", "holds no events"},
                             {"data: {\"content\":\"a\",\"stop\":false}", "ends before its last token"},
                             {"data: {\"content\":", "is not JSON"},
                             {"data: {\"error\":{\"message\":\"out of slots\"}}", "out of slots"},
                             {"error: {\"message\":\"old\"}", "old"},
                             {"data: {\"error\":\"a text\"}", "a text"},
                             {"data: {\"error\":{}}", "an error"}}) {
        Puppet puppet = llama_cpp();
        puppet.say("/completion", each.stream);
        const Server server(puppet.calls(), "http://h");
        test::expect_refusal(test::refusal_of([&] { server.answer("x", 4); }), ErrorCode::not_fetched, each.says);
    }
}

TEST(Server, is_asked_for_no_more_than_a_few_lines_for_each_token) {
    Puppet puppet = llama_cpp();
    puppet.say("/completion", "data: {\"content\":\"\",\"stop\":true}");
    const Server server(puppet.calls(), "http://h");
    (void)server.answer(std::string(1000, 'x'), 100);
    EXPECT_LT(puppet.asked.back().most_lines, 2000U);
    EXPECT_GT(puppet.asked.back().most_lines, 300U);
    EXPECT_LT(puppet.asked.back().most_bytes, std::uint64_t{4} << 20);
    EXPECT_GT(puppet.asked.back().most_bytes, std::uint64_t{1} << 20);
}

TEST(Server, tells_ids_of_a_text_that_are_some) {
    Puppet puppet = llama_cpp();
    puppet.say("/tokenize", R"({"tokens":[1,2,4294967295]})");
    const Server server(puppet.calls(), "http://h");
    EXPECT_EQ(server.tokens("\xff{}"), (std::vector<std::uint32_t>{1, 2, 4294967295}));
    EXPECT_EQ(json::parse(puppet.asked.back().json)["add_special"], true);
    for (const char* none : {R"({"tokens":[1,4294967296]})", R"({"tokens":[-1]})", R"({"tokens":{}})", "[]", "x"}) {
        puppet.say("/tokenize", none);
        EXPECT_FALSE(server.tokens("a")) << none;
    }
}

TEST(ServerPrompts, are_of_three_sizes_and_begin_differently) {
    const std::vector<ServerPrompt> prompts = server_prompts(std::nullopt, 64);
    ASSERT_EQ(prompts.size(), 3U);
    std::set<std::string> beginnings;
    for (const ServerPrompt& prompt : prompts) beginnings.insert(prompt.text.substr(0, 12));
    EXPECT_EQ(beginnings.size(), 3U);
    EXPECT_LT(10 * prompts[0].text.size(), prompts[1].text.size());
    EXPECT_LT(3 * prompts[1].text.size(), prompts[2].text.size());
}

// A token is hardly ever less than a byte: a context of n tokens holds what has so few words.
TEST(ServerPrompts, leave_room_for_the_answer_in_a_small_context) {
    for (const std::uint64_t context : {0ULL, 100ULL, 300ULL, 1000ULL})
        for (const ServerPrompt& prompt : server_prompts(context, 64)) {
            const auto words = static_cast<std::uint64_t>(std::count(prompt.text.begin(), prompt.text.end(), ' ')) + 1;
            EXPECT_GT(words, 5U);
            EXPECT_LT(words + 64, std::max<std::uint64_t>(context, 100)) << prompt.name;
        }
}

}  // namespace
}  // namespace attnx::places
