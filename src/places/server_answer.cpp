// The tokens of a server as they come: llama.cpp's events, and OpenAI's.
#include <algorithm>

#include "attnx/places/server.h"
#include "attnx/places/transport.h"
#include "json_at.h"
#include "server_refusals.h"

namespace attnx::places {
namespace {

using nlohmann::json;

constexpr std::uint64_t kBytesOfEvent = 4096;
constexpr std::uint64_t kLinesOfToken = 8;  // an event is a line or two, and an empty one
constexpr std::uint64_t kMostBeside = std::uint64_t{1} << 20;

json openai_question(std::string_view model, std::uint64_t tokens) {
    return {{"model", model},
            {"max_tokens", tokens},
            {"stream", true},
            {"stream_options", {{"include_usage", true}}},
            {"temperature", 0.0}};
}

// Whether some of the answer's text is in it; servers begin with roles, and end with figures.
bool has_text(const json& event) {
    if (!text_at(event, "content").empty()) return true;
    const json* choices = member_at(event, "choices");
    if (choices == nullptr || !choices->is_array()) return false;
    return std::ranges::any_of(*choices, [](const json& choice) {
        const json* delta = member_at(choice, "delta");
        const auto any = [](const json& from, const char* key) { return !text_at(from, key).empty(); };
        return any(choice, "text") ||
               (delta != nullptr &&
                (any(*delta, "content") || any(*delta, "reasoning_content") || any(*delta, "reasoning")));
    });
}

bool ends(const json& event) {
    const json* stop = member_at(event, "stop");
    if (stop != nullptr && stop->is_boolean()) return stop->get<bool>();
    const json* choices = member_at(event, "choices");
    return choices != nullptr && choices->is_array() &&
           std::ranges::any_of(*choices, [](const json& choice) { return !text_at(choice, "finish_reason").empty(); });
}

class Events {
public:
    explicit Events(const std::string& url) : url_(url) {}

    void hear(const ServerReply::Line& line) {
        std::string_view text = line.text;
        const bool error = text.starts_with("error:");
        if (!error && !text.starts_with("data:")) return;
        text.remove_prefix(text.find(':') + 1);
        while (text.starts_with(' ')) text.remove_prefix(1);
        if (text == "[DONE]") {
            ended_ = true;
            return;
        }
        const json event = json::parse(text, nullptr, false);
        if (event.is_discarded()) not_fetched(url_, "an event of its answer is not JSON");
        if (const std::string why = failure_of(error ? json{{"error", event}} : event); !why.empty())
            not_fetched(url_, why);
        hear(event, line.at);
    }

    Answered finish(const ServerReply& reply, double latency) {
        if (!ended_) not_fetched(url_, heard_ ? "its answer ends before its last token" : "its answer holds no events");
        told_.total_ms = reply.end;
        if (!told_.first_token_ms) return told_;
        told_.prefill_ms = std::max(0.0, *told_.first_token_ms - latency);
        told_.decode_ms = last_ - *told_.first_token_ms;
        return told_;
    }

private:
    void hear(const json& event, double at) {
        heard_ = true;
        ended_ = ended_ || ends(event);
        if (has_text(event)) {
            if (!told_.first_token_ms) told_.first_token_ms = at;
            last_ = at;
        }
        const auto set = [](std::optional<std::uint64_t>& figure, std::optional<std::uint64_t> value) {
            if (value) figure = value;
        };
        set(told_.prompt_tokens, count_at(event, "tokens_evaluated"));
        set(told_.output_tokens, count_at(event, "tokens_predicted"));
        if (const json* usage = member_at(event, "usage")) {
            set(told_.prompt_tokens, count_at(*usage, "prompt_tokens"));
            set(told_.output_tokens, count_at(*usage, "completion_tokens"));
            if (const json* details = member_at(*usage, "prompt_tokens_details"))
                set(told_.cached_tokens, count_at(*details, "cached_tokens"));
        }
        if (const json* timings = member_at(event, "timings")) hear_timings(*timings);
    }

    void hear_timings(const json& timings) {
        const auto prompt = count_at(timings, "prompt_n"), output = count_at(timings, "predicted_n");
        const auto prompt_ms = amount_at(timings, "prompt_ms"), output_ms = amount_at(timings, "predicted_ms");
        if (const auto cached = count_at(timings, "cache_n")) told_.cached_tokens = cached;
        if (prompt && output && prompt_ms && output_ms) told_.timings = {*prompt, *output, *prompt_ms, *output_ms};
    }

    const std::string& url_;
    Answered told_;
    double last_ = 0;
    bool heard_ = false, ended_ = false;
};

}  // namespace

std::optional<double> Answered::prefill_rate() const {
    const std::uint64_t cached = cached_tokens.value_or(0);
    if (!prompt_tokens || *prompt_tokens <= cached || prefill_ms.value_or(0) <= 0) return std::nullopt;
    return static_cast<double>(*prompt_tokens - cached) / *prefill_ms * 1000;
}

std::optional<double> Answered::decode_rate() const {
    if (output_tokens.value_or(0) < 2 || decode_ms.value_or(0) <= 0) return std::nullopt;
    return static_cast<double>(*output_tokens - 1) / *decode_ms * 1000;
}

ServerReply Server::start(std::string_view prompt, std::uint64_t tokens) const {
    const auto post = [&](std::string_view path, const json& question) {
        ServerCall call{facts_.url + std::string(path), posted(question), 0, 0};
        call.most_bytes = kMostBeside + 8 * call.json.size() + kBytesOfEvent * tokens;
        call.most_lines = kLinesOfToken * (tokens + 64);
        return call_(call);
    };
    if (facts_.llama_cpp)
        return post("/completion", {{"prompt", prompt},
                                    {"n_predict", tokens},
                                    {"stream", true},
                                    {"cache_prompt", false},
                                    {"ignore_eos", true},
                                    {"temperature", 0.0}});
    json question = openai_question(facts_.model.value_or(""), tokens);
    question["prompt"] = prompt;
    ServerReply reply = post("/v1/completions", question);
    if (reply.status != 404 && reply.status != 405 && reply.status != 501) return reply;
    question.erase("prompt");  // a server that only chats
    question["messages"] = json::array({{{"role", "user"}, {"content", prompt}}});
    return post("/v1/chat/completions", question);
}

Answered Server::answer(std::string_view prompt, std::uint64_t tokens) const {
    const ServerReply reply = start(prompt, tokens);
    if (reply.status != 200) refuse(facts_.url, reply);
    Events events(facts_.url);
    for (const ServerReply::Line& line : reply.lines) events.hear(line);
    return events.finish(reply, facts_.latency_ms);
}

}  // namespace attnx::places
