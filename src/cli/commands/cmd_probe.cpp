// attnx probe: how fast a running server answers.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "../arguments/option_rows.h"
#include "../inputs/open_model.h"
#include "../process/server_call.h"
#include "attnx/analysis/kv_cost.h"
#include "attnx/base/error.h"
#include "attnx/io/text.h"
#include "attnx/model/build.h"
#include "attnx/places/server.h"
#include "attnx/report/probe.h"
#include "attnx/report/report.h"
#include "attnx/study/prompt.h"
#include "command_rows.h"

namespace attnx::cli {
namespace {

using places::Server;

constexpr std::array<std::string_view, 2> kUsualPlaces = {"http://127.0.0.1:9931", "http://127.0.0.1:8080"};
constexpr std::uint64_t kMostOfKey = 4096;

// The first that takes a connection.
Server server_of_this_machine(const places::CallServer& call, const std::optional<std::string>& model) {
    for (const std::string_view url : kUsualPlaces) {
        try {
            (void)call({std::string(url) + "/health", {}, std::uint64_t{1} << 20, 1000});
        } catch (const Error& error) {
            if (error.code() != ErrorCode::not_fetched) throw;
            continue;
        }
        return {call, std::string(url), model};
    }
    throw Error(ErrorCode::not_fetched,
                fmt::format("no server answers at {}: give its URL", fmt::join(kUsualPlaces, " or ")));
}

// A line; of a file, so that no list of processes shows it.
std::string key_in(const std::string& path) {
    std::string key = io::read_text(path, kMostOfKey);
    while (key.ends_with('\n') || key.ends_with('\r')) key.pop_back();
    if (key.empty() || std::ranges::any_of(key, [](char c) { return c <= ' ' || c >= 0x7F; }))
        throw Error(ErrorCode::usage, "--api-key-file: not one line of visible characters", {path, std::nullopt, {}});
    return key;
}

std::vector<places::ServerPrompt> prompts_in(const std::string& path) {
    std::vector<places::ServerPrompt> prompts;
    const std::string text = io::read_text(path);
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        if (line.ends_with('\r')) line.pop_back();
        at = end + 1;
        ++number;
        if (!line.empty()) prompts.push_back({std::to_string(number), std::move(line)});
    }
    if (prompts.empty()) throw Error(ErrorCode::usage, "--prompts: the file holds no lines", {path, std::nullopt, {}});
    return prompts;
}

// What the file says, held against the server.
class Beside {
public:
    Beside(const Environment& environment, const std::string& model)
        : file_(open_model(environment, model, Reads::header)),
          spec_(model::build_spec(file_)),
          tokenizer_(study::tokenizer_of(file_)) {}

    void compare(const Server& server, const places::ServerPrompt& prompt, report::Probe& into) const {
        const auto theirs = tokenizer_ ? server.tokens(prompt.text) : std::nullopt;
        if (!theirs) return;
        const std::vector<std::uint32_t> ours = tokenizer_->encode(prompt.text, true, true);
        const bool agree = ours == *theirs;
        into.prompts.back().tokens_agree = agree;
        if (agree || into.difference) return;
        const auto at = static_cast<std::size_t>(std::ranges::mismatch(ours, *theirs).in1 - ours.begin());
        const auto id = [at](const auto& ids) { return at < ids.size() ? std::optional(ids[at]) : std::nullopt; };
        into.difference = {prompt.name, at, id(*theirs), id(ours)};
    }

    void finish(report::Probe& into) const {
        const places::ServerFacts& server = into.server;
        into.model = report::model_ref(file_, spec_);
        const auto agrees = [&](std::optional<std::uint64_t> theirs, std::uint64_t ours) {
            if (theirs && ours != 0) into.model_agrees = into.model_agrees.value_or(true) && *theirs == ours;
        };
        agrees(server.vocabulary_size, spec_.vocabulary_size);
        agrees(server.embedding_length, spec_.embedding_length);
        agrees(server.parameter_count, spec_.parameter_count);
        if (!server.llama_cpp || !server.context || !server.slots) return;
        into.cache.shared = cache_bytes({.context = *server.context, .parallel = *server.slots, .unified = true});
        if (*server.context <= UINT64_MAX / std::max<std::uint64_t>(1, *server.slots))
            into.cache.separate =
                cache_bytes({.context = *server.context * *server.slots, .parallel = *server.slots, .unified = false});
    }

private:
    // Nothing where llama.cpp would refuse such a context.
    std::optional<std::uint64_t> cache_bytes(const analysis::ContextParams& params) const {
        try {
            return analysis::kv_cost(spec_, params).total_bytes;
        } catch (const Error& error) {
            if (error.code() == ErrorCode::refused || error.code() == ErrorCode::overflow) return std::nullopt;
            throw;
        }
    }

    gguf::File file_;
    model::ModelSpec spec_;
    std::shared_ptr<const text::Tokenizer> tokenizer_;
};

class Probe final : public Command {
public:
    Options declare() override {
        Option url;
        url.spellings = {"URL"};
        url.help = "the server's address, with or without http:// and /v1";
        url.default_text = fmt::format("{}", fmt::join(kUsualPlaces, ", else "));
        url.set = [this](std::string_view text) {
            url_ = places::server_url(text);
            if (!url_) throw Error(ErrorCode::usage, fmt::format("\"{}\" is no address of a server", text));
        };
        Option model =
            value({"-m", "--model"}, "MODEL", "the model it runs: whether token ids agree, what its cache takes", "",
                  [this](std::string_view text) { model_ = text; });
        model.hint = ValueHint::model;
        Option prompts = value({"--prompts"}, "FILE", "ask these, a line each", "a short, a medium and a long one",
                               [this](std::string_view text) { prompts_ = text; });
        Option key = value({"--api-key-file"}, "FILE", "a key that the server wants, sent to it alone", "",
                           [this](std::string_view text) { key_file_ = text; });
        prompts.hint = key.hint = ValueHint::file;
        return {std::move(url),
                std::move(model),
                std::move(prompts),
                value({"-n", "--n-predict"}, "N", "tokens of each answer", "64",
                      [this](std::string_view text) { output_tokens_ = count(text, 1, 1U << 20U); }),
                value({"--served"}, "NAME", "which of the models that it offers", "the first",
                      [this](std::string_view text) { served_ = text; }),
                std::move(key),
                value({"--timeout"}, "SECONDS", "give an answer up that takes longer", "600",
                      [this](std::string_view text) { calls_.seconds = count(text, 1, 86'400); })};
    }

    Outcome run(const Environment& environment) override {
        if (environment.offline) throw Error(ErrorCode::not_fetched, "--offline asks no server");
        if (key_file_) calls_.key = key_in(*key_file_);
        std::optional<Beside> beside;
        if (model_) beside.emplace(environment, *model_);
        const std::vector<places::ServerPrompt> given =
            prompts_ ? prompts_in(*prompts_) : std::vector<places::ServerPrompt>{};
        const places::CallServer call = curl_calls(calls_);
        const Server server = url_ ? Server(call, *url_, served_) : server_of_this_machine(call, served_);
        const auto prompts = prompts_ ? given : prompts_for(server.facts());
        report::Probe probed{.server = server.facts(), .prompts = {}};
        // A server that slept, or has not touched its weights yet, is not what is to be measured.
        (void)server.answer(places::server_prompts(server.facts().context, 1).front().text, 1);
        std::optional<Error> first_problem;
        for (const places::ServerPrompt& prompt : prompts) {
            probed.prompts.push_back(ask(server, prompt, first_problem));
            if (beside) beside->compare(server, prompt, probed);
        }
        if (std::ranges::none_of(probed.prompts, [](const auto& prompt) { return prompt.answer.has_value(); }))
            throw Error(*first_problem);
        if (beside) beside->finish(probed);
        return {report::probe(probed)};
    }

private:
    // llama.cpp is told to leave its cache alone; others are asked what they cannot have been asked before.
    std::vector<places::ServerPrompt> prompts_for(const places::ServerFacts& server) const {
        std::optional<std::uint64_t> mark;
        if (!server.llama_cpp)
            mark = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
        return places::server_prompts(server.context, output_tokens_, mark);
    }

    report::ProbedPrompt ask(const Server& server, const places::ServerPrompt& prompt,
                             std::optional<Error>& first_problem) const {
        report::ProbedPrompt row{.name = prompt.name};
        try {
            row.answer = server.answer(prompt.text, output_tokens_);
        } catch (const Error& error) {
            if (error.code() != ErrorCode::not_fetched) throw;
            row.problem = error.message();
            if (!first_problem) first_problem = error;
        }
        return row;
    }

    std::optional<std::string> url_, model_, prompts_, served_, key_file_;
    std::uint64_t output_tokens_ = 64;
    ServerCallOptions calls_;
};

}  // namespace

CommandRow probe_command() {
    return {
        .name = "probe",
        .group = "Cost",
        .summary = "How fast a running server answers: prefill and decode apart",
        .description =
            "Asks a running llama-server three prompts, one after the other, each without its prompt cache, and measures when "
            "the first and the last token arrive; beside it stands what the server measured. It says what the server tells "
            "of its model, context and slots; with --model also whether its token ids are those of the file, and what its "
            "cache takes. Any server compatible with OpenAI's is asked, too, and named as such; what it does not tell is "
            "null. The curl program brings the answers; redirects are not followed.",
        .examples = {{"probe", "the llama-server of this machine"},
                     {"probe 192.168.1.5:8080 --model model.gguf", "another's, beside the model it runs"},
                     {"probe https://example.org/v1 --served name --api-key-file key.txt", "one like OpenAI's"},
                     {"probe --json | jq '.result.rows[] | .decode_tokens_per_second'", "for scripts"}},
        .make = [] { return std::unique_ptr<Command>(std::make_unique<Probe>()); },
        .long_work = true};
}

}  // namespace attnx::cli
