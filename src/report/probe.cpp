#include "attnx/report/probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/units.h"

namespace attnx::report {
namespace {

using places::Answered;
using view::Cell;
using view::Show;
using view::Unit;

std::string whose(const places::ServerFacts& server) {
    if (server.llama_cpp) return "llama.cpp";
    return "not llama.cpp's own: one compatible with OpenAI's";
}

view::Facts facts_of(const places::ServerFacts& server) {
    view::Facts facts{.title = "Server"};
    const auto add = [&](const char* id, const char* label, Cell value, Unit unit = Unit::none,
                         std::string remark = {}) {
        const bool known = !std::holds_alternative<std::monostate>(value.value);
        facts.facts.push_back({.id = std::string("server/") + id,
                               .label = label,
                               .value = std::move(value),
                               .unit = unit,
                               .show = *label != '\0' && known ? Show::all : Show::scripts,
                               .remark = std::move(remark)});
    };
    add("url", "address", server.url);
    add("kind", "", server.llama_cpp ? "llama.cpp" : "openai");
    facts.facts.push_back({.label = "server", .value = whose(server), .show = Show::people});
    add("software", server.llama_cpp ? "" : "software", server.software);
    add("build", "build", server.build);
    add("model", "model", server.model, Unit::none,
        server.models > 1 ? fmt::format("of {} that it offers", server.models) : "");
    add("context", "context", server.context, Unit::none, server.llama_cpp ? "tokens, of a slot" : "tokens");
    const std::uint64_t busy = server.busy_slots.value_or(0);
    add("slots", "slots", server.slots, Unit::none, busy > 0 ? fmt::format("{} at work for others", busy) : "");
    add("busy_slots", "", server.busy_slots);
    add("latency_ms", "latency", server.latency_ms, Unit::real, "ms");
    return facts;
}

struct Figure {
    view::Column column;
    Cell (*of)(const Answered&);
};

Cell rate(std::uint64_t tokens, double milliseconds) {
    return milliseconds > 0 ? Cell(static_cast<double>(tokens) / milliseconds * 1000) : Cell();
}

// A row each. What people see of the server's own times are the rates.
std::vector<Figure> figures() {
    const auto column = [](const char* id, const char* label, Unit unit, Show show = Show::all) {
        return view::Column{.id = id, .label = label, .unit = unit, .show = show};
    };
    constexpr auto kScripts = Show::scripts;
    return {
        {column("prompt_tokens", "tokens", Unit::id), [](const Answered& a) { return Cell(a.prompt_tokens); }},
        {column("cached_tokens", "", Unit::id, kScripts), [](const Answered& a) { return Cell(a.cached_tokens); }},
        {column("output_tokens", "answer", Unit::id), [](const Answered& a) { return Cell(a.output_tokens); }},
        {column("time_to_first_token_ms", "first token, ms", Unit::real),
         [](const Answered& a) { return Cell(a.first_token_ms); }},
        {column("prefill_ms", "", Unit::real, kScripts), [](const Answered& a) { return Cell(a.prefill_ms); }},
        {column("prefill_tokens_per_second", "prefill/s", Unit::real),
         [](const Answered& a) { return Cell(a.prefill_rate()); }},
        {column("decode_ms", "", Unit::real, kScripts), [](const Answered& a) { return Cell(a.decode_ms); }},
        {column("decode_tokens_per_second", "decode/s", Unit::real),
         [](const Answered& a) { return Cell(a.decode_rate()); }},
        {column("total_ms", "all, ms", Unit::real), [](const Answered& a) { return Cell(a.total_ms); }},
        {column("timings/prompt_tokens", "", Unit::id, kScripts),
         [](const Answered& a) { return a.timings ? Cell(a.timings->prompt_tokens) : Cell(); }},
        {column("timings/prompt_ms", "", Unit::real, kScripts),
         [](const Answered& a) { return a.timings ? Cell(a.timings->prompt_ms) : Cell(); }},
        {column("timings/output_tokens", "", Unit::id, kScripts),
         [](const Answered& a) { return a.timings ? Cell(a.timings->output_tokens) : Cell(); }},
        {column("timings/output_ms", "", Unit::real, kScripts),
         [](const Answered& a) { return a.timings ? Cell(a.timings->output_ms) : Cell(); }},
    };
}

view::Table table_of(const std::vector<ProbedPrompt>& prompts) {
    view::Table table{.id = "rows", .title = "Prompts"};
    const std::vector<Figure> all = figures();
    table.columns = {{.id = "name", .label = "prompt"}};
    for (const Figure& figure : all) table.columns.push_back(figure.column);
    // For people, of those by whom they are told.
    const auto timed = [](const ProbedPrompt& prompt) { return prompt.answer && prompt.answer->timings; };
    const Show timings = std::ranges::any_of(prompts, timed) ? Show::people : Show::scripts;
    if (timings == Show::people)
        for (const char* label : {"its prefill/s", "its decode/s"})
            table.columns.push_back({.label = label, .unit = Unit::real, .show = Show::people});
    table.columns.push_back({.id = "tokens_agree", .show = Show::scripts});
    table.columns.push_back({.id = "problem", .show = Show::scripts});
    for (const ProbedPrompt& prompt : prompts) {
        std::vector<Cell> row = {prompt.name};
        for (const Figure& figure : all) row.push_back(prompt.answer ? figure.of(*prompt.answer) : Cell());
        if (timings == Show::people) {
            const bool told = timed(prompt);
            const Answered::Timings own = told ? *prompt.answer->timings : Answered::Timings{};
            row.push_back(told ? rate(own.prompt_tokens, own.prompt_ms) : Cell());
            row.push_back(told ? rate(own.output_tokens, own.output_ms) : Cell());
        }
        row.emplace_back(prompt.tokens_agree);
        row.push_back(prompt.answer ? Cell() : Cell(prompt.problem));
        table.rows.push_back(std::move(row));
    }
    return table;
}

std::optional<bool> all_agree(const std::vector<ProbedPrompt>& prompts) {
    std::optional<bool> all;
    for (const ProbedPrompt& prompt : prompts)
        if (prompt.tokens_agree) all = all.value_or(true) && *prompt.tokens_agree;
    return all;
}

std::string words_of(const TokenDifference& difference) {
    const auto text = [](std::optional<std::uint32_t> id) { return id ? std::to_string(*id) : std::string("none"); };
    return fmt::format("token {} of {} is {} there and {} here", difference.position, difference.prompt,
                       text(difference.server), text(difference.ours));
}

// For people only what was found out.
view::Facts beside_the_model(const Probe& probed) {
    view::Facts facts{.title = probed.model ? "Beside the model" : ""};
    const auto add = [&](const char* id, const char* label, Cell value, Unit unit, std::string remark) {
        const bool known = !std::holds_alternative<std::monostate>(value.value);
        facts.facts.push_back({.id = id,
                               .label = label,
                               .value = std::move(value),
                               .unit = unit,
                               .show = known ? Show::all : Show::scripts,
                               .remark = std::move(remark)});
    };
    add("model_agrees", "the same sizes", probed.model_agrees, Unit::none, "");
    add("tokens_agree", "the same tokens", all_agree(probed.prompts), Unit::none,
        probed.difference ? words_of(*probed.difference) : "");
    add("kv_bytes", "KV cache", probed.cache.shared, Unit::bytes, "of halves, if all slots share it");
    add("kv_bytes_separate", "", probed.cache.separate, Unit::bytes, "");
    facts.facts.back().show = Show::scripts;
    if (probed.cache.separate && probed.cache.separate != probed.cache.shared)
        facts.facts.push_back({.label = "",
                               .value = probed.cache.separate,
                               .unit = Unit::bytes,
                               .show = Show::people,
                               .remark = "if each has its own (-np without -kvu)"});
    return facts;
}

void add_difference(std::vector<view::Block>& blocks, const std::optional<TokenDifference>& difference) {
    view::Facts facts{.show = Show::scripts};
    if (difference)
        facts.facts = {{.id = "token_difference/prompt", .value = difference->prompt},
                       {.id = "token_difference/position", .value = difference->position},
                       {.id = "token_difference/server", .value = difference->server},
                       {.id = "token_difference/ours", .value = difference->ours}};
    else facts.facts = {{.id = "token_difference", .value = Cell()}};
    blocks.emplace_back(std::move(facts));
}

}  // namespace

view::Document probe(const Probe& probed) {
    view::Document document;
    document.command = "probe";
    document.model = probed.model;
    document.blocks.emplace_back(facts_of(probed.server));
    document.blocks.emplace_back(table_of(probed.prompts));
    for (const ProbedPrompt& prompt : probed.prompts)
        if (!prompt.answer)
            document.blocks.emplace_back(view::Note{fmt::format("{}: {}", prompt.name, prompt.problem)});
    for (const ProbedPrompt& prompt : probed.prompts)
        if (prompt.answer && prompt.answer->cached_tokens.value_or(0) > 0)
            document.blocks.emplace_back(
                view::Note{fmt::format("{}: {} of its tokens were in the server's cache, and are left out of prefill.",
                                       prompt.name, *prompt.answer->cached_tokens)});
    document.blocks.emplace_back(view::Note{
        "Measured here: until the first token arrives, less the latency, is prefill; from there to the last is decode. "
        "Tokens per second."});
    document.blocks.emplace_back(beside_the_model(probed));
    add_difference(document.blocks, probed.difference);
    document.csv_table = "rows";
    return document;
}

}  // namespace attnx::report
