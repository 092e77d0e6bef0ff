#include "attnx/study/roles.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "attnx/model/visible.h"

namespace attnx::study {
namespace {

using analysis::HeadClass;
using analysis::HeadMetrics;
using analysis::ToldBy;

Scores scores_of(const HeadMetrics& head) {
    Scores scores;
    for (const analysis::AttentionMetric& metric : analysis::attention_metrics()) scores.push_back(head.value(metric));
    return scores;
}

// Of several probes, those left out in which a figure has no value.
class Mean {
public:
    void add(const Scores& scores) {
        sums_.resize(scores.size());
        for (std::size_t i = 0; i < scores.size(); ++i) {
            if (!scores[i]) continue;
            sums_[i].first += *scores[i];
            ++sums_[i].second;
        }
    }
    Scores scores() const {
        Scores means;
        for (const auto& [sum, count] : sums_)
            means.push_back(count == 0 ? std::nullopt : std::optional<double>(sum / count));
        return means;
    }

private:
    std::vector<std::pair<double, unsigned>> sums_;
};

std::optional<double> of(const Scores& scores, std::string_view metric) {
    return scores[place_of(analysis::attention_metric(metric))];
}

// Uniform attention on the same tokens, by layer; layers with the same mask share the work.
std::map<std::uint32_t, Scores> uniform_scores(const model::ModelSpec& spec, const Attended& attended,
                                               std::uint32_t repeat) {
    std::vector<std::uint32_t> ids;
    for (const Token& token : attended.tokens) ids.push_back(token.id);
    const std::vector<std::uint32_t> delimiters = delimiters_of(attended.tokens);
    const analysis::Sequence sequence{static_cast<std::uint32_t>(ids.size()), ids, delimiters, repeat};
    std::map<std::tuple<bool, model::WindowType, std::uint64_t>, Scores> known;
    std::map<std::uint32_t, Scores> layers;
    for (const auto& [layer, heads] : attended.heads) {
        const model::Mask mask = mask_of(spec, spec.layers[layer]);
        Scores& scores = known[{mask.causal, mask.window.type, mask.window.size}];
        if (scores.empty()) scores = scores_of(uniform_metrics(sequence, mask));
        layers[layer] = scores;
    }
    return layers;
}

// One HeadRole per head looked at, and what the passes tell of it.
class Gathering {
public:
    Gathering(const gguf::File& file, const model::ModelSpec& spec, const RolesQuestion& question, Onlooker* onlooker)
        : file_(file), spec_(spec), question_(question), onlooker_(onlooker) {
        roles_.length = question.length;
        roles_.sink_above = question.sink_above;
        for (const HeadClass& row : analysis::head_classes()) {
            const auto own = question.thresholds.find(row.id);
            roles_.thresholds.push_back(own != question.thresholds.end() ? own->second : row.threshold);
        }
    }

    void probe(const Prompt& vocabulary);
    void read(const Prompt& text);
    void read(const Attended& text);
    Roles finish(bool has_vocabulary);

private:
    Question asked() const {
        Question question;
        question.heads = question_.heads;
        question.run = question_.run;
        return question;
    }
    void list_heads(const Attended& attended);
    void find_secondary_sinks(const Attended& attended);
    void rate_sinks();
    void classify(HeadRole& head) const;
    void say_what_is_not_told(bool has_vocabulary);

    const gguf::File& file_;
    const model::ModelSpec& spec_;
    const RolesQuestion& question_;
    Onlooker* onlooker_;
    Roles roles_;
    double sinks_in_probes_ = 0;  // sum of shares
};

void Gathering::list_heads(const Attended& attended) {
    if (!roles_.heads.empty()) return;
    for (const auto& [layer, heads] : attended.heads) {
        const model::LayerSpec& shape = spec_.layers[layer];
        for (const std::uint32_t head : heads)
            roles_.heads.push_back(
                {layer, head, trace::kv_head_of(head, shape.head_count, shape.head_count_kv), {}, {}, {}});
    }
}

void Gathering::probe(const Prompt& vocabulary) {
    if (question_.seeds == 0) throw Error(ErrorCode::bad_value, "what heads do is told by one probe at least");
    std::vector<Mean> means;
    std::map<std::uint32_t, Mean> uniform;
    Question question = asked();
    question.repeat = question_.length;
    for (std::uint64_t seed = question_.first_seed; seed < question_.first_seed + question_.seeds; ++seed) {
        Prompt prompt{probe_ids(vocabulary, spec_, question_.length, seed), vocabulary.tokenizer};
        roles_.probes.push_back({seed, prompt.ids});
        const Attended attended = attend(file_, spec_, prompt, question, onlooker_);
        roles_.numerics = attended.numerics;
        roles_.findings = attended.findings;
        list_heads(attended);
        means.resize(roles_.heads.size());
        double sinks = 0;
        for (std::size_t i = 0; i < means.size(); ++i) {
            const Scores scores = scores_of(attended.metrics.at(roles_.heads[i].layer)[roles_.heads[i].head]);
            means[i].add(scores);
            if (of(scores, "sink") > question_.sink_above) ++sinks;
        }
        sinks_in_probes_ += sinks / static_cast<double>(means.size());
        for (const auto& [layer, scores] : uniform_scores(spec_, attended, question_.length))
            uniform[layer].add(scores);
    }
    for (std::size_t i = 0; i < means.size(); ++i) roles_.heads[i].probe = means[i].scores();
    for (const auto& [layer, mean] : uniform) roles_.uniform[layer].probe = mean.scores();
}

void Gathering::read(const Prompt& text) {
    Question question = asked();
    question.received = true;
    question.distances = question_.similarity;
    read(attend(file_, spec_, text, question, onlooker_));
}

void Gathering::read(const Attended& attended) {
    for (HeadRole& head : roles_.heads) head.text = scores_of(attended.metrics.at(head.layer)[head.head]);
    for (auto& [layer, scores] : uniform_scores(spec_, attended, 0)) roles_.uniform[layer].text = std::move(scores);
    roles_.similarity = attended.distances;
    if (attended.tokens.size() >= analysis::kTokensToTell) find_secondary_sinks(attended);
    roles_.text = attended.tokens;
}

void Gathering::find_secondary_sinks(const Attended& attended) {
    roles_.secondary_sinks.emplace();
    for (const auto& [layer, heads] : attended.heads) {
        const auto found =
            analysis::secondary_sink(layer, attended.received.at(layer), heads, mask_of(spec_, spec_.layers[layer]));
        if (found) roles_.secondary_sinks->push_back(*found);
    }
}

void Gathering::rate_sinks() {
    const auto told = [](std::size_t tokens) { return tokens >= analysis::kTokensToTell; };
    if (roles_.text && told(roles_.text->size())) {
        const auto sinks = std::ranges::count_if(
            roles_.heads, [this](const HeadRole& head) { return of(*head.text, "sink") > question_.sink_above; });
        roles_.sink_rate = static_cast<double>(sinks) / static_cast<double>(roles_.heads.size());
        roles_.sink_rate_of_text = true;
    } else if (told(roles_.probes.front().ids.size())) {
        roles_.sink_rate = sinks_in_probes_ / static_cast<double>(roles_.probes.size());
    }
}

void Gathering::classify(HeadRole& head) const {
    std::size_t i = 0;
    for (const HeadClass& row : analysis::head_classes()) {
        const double threshold = roles_.thresholds[i++];
        if (!roles_.evidence(row)) continue;
        if (!head.classes) head.classes.emplace();
        if (is_of(row, threshold, roles_.score(row, head), roles_.uniform_score(row, head.layer)))
            head.classes->push_back(&row);
    }
}

void Gathering::say_what_is_not_told(bool has_vocabulary) {
    const auto say = [this](std::string message) {
        roles_.findings.push_back({FindingId::too_few_tokens, std::move(message)});
    };
    const std::size_t probe = roles_.probes.front().ids.size();
    if (probe < analysis::kTokensToTell)
        say(fmt::format("a probe of {} tokens tells no class: {} do", probe, analysis::kTokensToTell));
    if (roles_.text && roles_.text->size() < analysis::kTokensToTell)
        say(fmt::format("the text has {} token{}, too few to tell what heads do: {} do", roles_.text->size(),
                        roles_.text->size() == 1 ? "" : "s", analysis::kTokensToTell));
    if (!has_vocabulary)
        roles_.findings.push_back({FindingId::assumed_value,
                                   "without a vocabulary that loads, the probes may hold control tokens, and no BOS"});
}

Roles Gathering::finish(bool has_vocabulary) {
    rate_sinks();
    for (HeadRole& head : roles_.heads) classify(head);
    say_what_is_not_told(has_vocabulary);
    return std::move(roles_);
}

}  // namespace

std::optional<Roles::Of> Roles::evidence(const HeadClass& row) const {
    const auto told = [](std::size_t tokens) { return tokens >= analysis::kTokensToTell; };
    if (row.told_by != ToldBy::probe && text && told(text->size())) return Of::text;
    if (row.told_by != ToldBy::text && !probes.empty() && told(probes.front().ids.size())) return Of::probe;
    return std::nullopt;
}

std::optional<double> Roles::score(const HeadClass& row, const HeadRole& head) const {
    const auto by = evidence(row);
    return by ? of(*by == Of::text ? *head.text : head.probe, row.metric) : std::nullopt;
}

std::optional<double> Roles::uniform_score(const HeadClass& row, std::uint32_t layer) const {
    const auto by = evidence(row);
    const UniformScores& scores = uniform.at(layer);
    return by ? of(*by == Of::text ? *scores.text : scores.probe, row.metric) : std::nullopt;
}

Roles roles(const gguf::File& file, const model::ModelSpec& spec, const std::optional<Prompt>& text,
            const RolesQuestion& question, Onlooker* onlooker) {
    const Prompt vocabulary{{}, text ? text->tokenizer : tokenizer_of(file)};
    Gathering gathering(file, spec, question, onlooker);
    gathering.probe(vocabulary);
    if (text) gathering.read(*text);
    return gathering.finish(vocabulary.tokenizer != nullptr);
}

Roles roles(const gguf::File& file, const model::ModelSpec& spec, const Prompt& text, const Attended& looked_at,
            const RolesQuestion& question, Onlooker* onlooker) {
    Gathering gathering(file, spec, question, onlooker);
    gathering.probe(text);
    gathering.read(looked_at);
    return gathering.finish(text.tokenizer != nullptr);
}

}  // namespace attnx::study
