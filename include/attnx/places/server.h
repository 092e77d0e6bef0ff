// places: a server that runs a model: what it tells of itself, and how fast it answers, seen from here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/places/transport.h"

namespace attnx::places {

// One exchange with a server; who brings the bytes is the caller's.
struct ServerCall {
    std::string url = {};
    std::string json = {};         // sent with it; empty: the server is only asked
    std::uint64_t most_bytes = 0;  // of the answer
    std::uint64_t most_lines = 0;
};
struct ServerReply {
    struct Line {
        std::string text = {};
        double at = 0;
    };
    int status = 0;
    Headers headers = {};
    std::vector<Line> lines = {};  // of the body
    double end = 0;                // this and `at`: milliseconds since the server was asked

    std::string body() const;
};
// Throws not_fetched where there is no answer, not a whole one, or more than is of use. Redirects are answers.
using CallServer = std::function<ServerReply(const ServerCall&)>;

// http or https, a host, a path without a "/" at its end and without OpenAI's /v1; http is what a bare host means.
// Nothing for what is no such address: names, passwords, spaces and quotes are in none.
std::optional<std::string> server_url(std::string_view text);

struct ServerFacts {
    std::string url = {};
    bool llama_cpp = false;  // llama.cpp's own server; otherwise one that is compatible with OpenAI's
    std::optional<std::string> software = {}, build = {}, model = {};
    std::uint64_t models = 0;  // offered; `model` is the one that is asked
    // What it tells; of a context for one slot.
    std::optional<std::uint64_t> context = {}, slots = {}, busy_slots = {};
    std::optional<std::uint64_t> vocabulary_size = {}, embedding_length = {}, parameter_count = {};
    double latency_ms = 0;  // of a question that takes it no time: the least of a few
};

// Of one prompt. Nothing: not told, or nothing to be measured.
struct Answered {
    std::optional<std::uint64_t> prompt_tokens = {}, cached_tokens = {}, output_tokens = {};
    // Seen from here: the first token, and all; until the first without latency; from the first to the last.
    std::optional<double> first_token_ms = {}, prefill_ms = {}, decode_ms = {};
    double total_ms = 0;
    struct Timings {  // as the server took them
        std::uint64_t prompt_tokens = 0, output_tokens = 0;
        double prompt_ms = 0, output_ms = 0;
    };
    std::optional<Timings> timings = {};

    std::optional<double> prefill_rate() const;  // tokens per second: of those that were not cached
    std::optional<double> decode_rate() const;   // of those after the first
};

class Server {
public:
    // Finds out whose server it is. `model`: which of those that it offers; nothing: the first. Throws not_fetched for
    // one that redirects, wants a key, is not ready, or is none that attnx knows, and what `call` throws.
    Server(CallServer call, std::string url, const std::optional<std::string>& model = {});

    const ServerFacts& facts() const { return facts_; }
    // Its token ids of a text, special ones at its ends included; nothing where it does not tell them.
    std::optional<std::vector<std::uint32_t>> tokens(std::string_view text) const;
    // So many tokens after the prompt, greedily. Throws not_fetched for any other end of it.
    Answered answer(std::string_view prompt, std::uint64_t tokens) const;

private:
    ServerReply ask(std::string_view path, std::string json = {}) const;
    bool learn_of_llama_cpp(const std::string& props);  // whether it is one
    void learn_of_models(const std::string& models, const std::optional<std::string>& model);
    ServerReply start(std::string_view prompt, std::uint64_t tokens) const;

    CallServer call_;
    ServerFacts facts_;
};

struct ServerPrompt {
    std::string name, text;
};
// A short, a medium and a long one, which do not begin alike, so that no cache knows them from each other: some 20, 360
// and 1,300 tokens, fewer where the context (if it is known) has no room for them. `mark`: a number that all begin
// with, for servers that cannot be told to forget what they were asked last time.
std::vector<ServerPrompt> server_prompts(std::optional<std::uint64_t> context, std::uint64_t output_tokens,
                                         std::optional<std::uint64_t> mark = {});

}  // namespace attnx::places
