#include "attnx/study/compare.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "attnx/analysis/head_distances.h"
#include "attnx/analysis/next_token.h"
#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/forward/session.h"
#include "attnx/model/visible.h"
#include "attnx/trace/attention.h"
#include "attnx/trace/fan_out.h"
#include "counter.h"
#include "head_input.h"

namespace attnx::study {
namespace {

using Layers = std::set<std::uint32_t>;

std::size_t strongest(std::span<const float> row) {
    return static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
}

void expect_the_same_tokens(const Side& a, const Side& b) {
    const auto [first, other] = std::ranges::mismatch(a.prompt.ids, b.prompt.ids);
    if (first == a.prompt.ids.end() && other == b.prompt.ids.end()) return;
    const auto text = [](const Prompt& prompt, auto place) {
        return place == prompt.ids.end() ? std::string("nothing")
                                         : fmt::format("{} ({})", *place, printable(prompt.piece(*place)));
    };
    throw Error(ErrorCode::refused,
                fmt::format("the two models do not read the same tokens: token {} is {} and {}; give ids that mean the "
                            "same to both with --tokens",
                            first - a.prompt.ids.begin(), text(a.prompt, first), text(b.prompt, other)),
                {b.file.path(), std::nullopt, {}});
}

// Layers that attend with as many heads in both; what only one of them has goes to `left_out`.
Layers comparable_layers(const Side& a, const Side& b, std::vector<std::uint32_t>& left_out) {
    Layers layers;
    const auto heads = [](const model::ModelSpec& spec, std::uint32_t layer) {
        return layer < spec.layers.size() && model::attends(spec.layers[layer]) ? spec.layers[layer].head_count : 0;
    };
    const auto all = static_cast<std::uint32_t>(std::max(a.spec.layers.size(), b.spec.layers.size()));
    for (std::uint32_t layer = 0; layer < all; ++layer) {
        const std::uint32_t left = heads(a.spec, layer), right = heads(b.spec, layer);
        if (left != 0 && left == right) layers.insert(layer);
        else if (left != 0 || right != 0) left_out.push_back(layer);
    }
    if (layers.empty())
        throw Error(ErrorCode::not_found, "no layer computes softmax attention with as many heads in both models",
                    {b.file.path(), std::nullopt, {}});
    return layers;
}

// Holds what the second model does against what the first did.
class Comparison final : public trace::Sink {
public:
    Comparison(const std::map<std::uint32_t, trace::AttentionMap>& maps, const std::vector<std::vector<float>>& said)
        : maps_(maps), said_(said) {
        for (const auto& [layer, map] : maps_)
            for (std::uint32_t head = 0; head < map.heads(); ++head) heads_[layer].push_back({layer, head});
    }

    bool wants_attention_at_once(std::uint32_t layer) override { return maps_.contains(layer); }
    void attention_at_once(const trace::AttentionRows& rows) override {
        const trace::AttentionMap& map = maps_.at(rows.layer);
        HeadDistance& sum = heads_.at(rows.layer).at(rows.head);  // of this head nobody else is told meanwhile
        for (std::uint32_t query = rows.first_query; query < rows.first_query + rows.query_count; ++query) {
            const std::span<const float> row = rows.row(query);
            const std::span<const float> other = map.row(rows.head, query).first(row.size());
            sum.js += analysis::jensen_shannon(other, row);
            sum.same_strongest += strongest(other) == strongest(row);
            for (std::size_t key = 0; key < row.size(); ++key)
                sum.max_abs = std::max(sum.max_abs, std::abs(static_cast<double>(row[key]) - other[key]));
        }
    }

    void hear(std::size_t token, std::span<const float> values) {
        if (token >= said_.size() || values.size() != said_[token].size()) return;
        const analysis::NextToken left(said_[token]), right(values);
        last_ = std::max(0.0, left.divergence_to(right));
        total_ += last_;
        agreements_ += left.most_likely() == right.most_likely();
        ++compared_;
    }

    void finish(double tokens, Compared& into) const {
        for (const auto& [layer, heads] : heads_)
            for (HeadDistance head : heads) {
                head.js /= tokens;
                head.same_strongest /= tokens;
                into.heads.push_back(head);
            }
        if (compared_ == 0) return;
        into.kl_last = last_;
        into.kl_mean = total_ / compared_;
        into.top1_agreement = agreements_ / compared_;
    }

private:
    const std::map<std::uint32_t, trace::AttentionMap>& maps_;
    const std::vector<std::vector<float>>& said_;
    std::map<std::uint32_t, std::vector<HeadDistance>> heads_;
    double last_ = 0, total_ = 0, agreements_ = 0, compared_ = 0;
};

// What the first model did is kept while either runs.
template <class Each>
void feed(const Side& side, const Layers& layers, const Run& run, trace::FanOut listeners, Findings& findings,
          const Each& each_saying) {
    const std::uint64_t tokens = side.prompt.ids.size();
    forward::Session session(side.file, side.spec, run.session(tokens));
    std::vector<Need> needs = session.needs(tokens);
    const std::vector<std::uint32_t> kept(layers.begin(), layers.end());
    needs.push_back(forward::map_needs(session.graph(), kept, tokens));
    needs.push_back({fmt::format("logits of {} tokens", tokens),
                     times(times(add_up(tokens, kRowsAtOnce), side.spec.vocabulary_size), sizeof(float))});
    refuse_beyond(needs, run.max_memory, side.file.path());
    HeadInput head;
    listeners.add(head);
    session.feed(side.prompt.ids, listeners);
    head.each_saying(session, each_saying);
    append(findings, side.spec.findings);
    append(findings, session.graph().findings);
}

}  // namespace

Compared compare(const Side& a, const Side& b, const Run& run, Onlooker* onlooker) {
    expect_the_same_tokens(a, b);
    Compared result;
    const Layers layers = comparable_layers(a, b, result.left_out);
    result.tokens = tokens_of(a.prompt);
    Onlooker nobody;
    Onlooker& told = onlooker != nullptr ? *onlooker : nobody;
    Counter counter(told, layers);
    std::uint64_t weights = 0;
    for (const std::uint32_t layer : layers)
        weights += 2 * a.spec.layers[layer].head_count * std::uint64_t{result.tokens.size()} * result.tokens.size();
    trace::FanOut listeners({&counter});
    for (trace::Sink* sink : told.attends(result.tokens, weights)) listeners.add(*sink);

    trace::AttentionRecorder recorder(layers);
    std::vector<std::vector<float>> said;
    trace::FanOut first = listeners;
    first.add(recorder);
    feed(a, layers, run, first, result.findings,
         [&](std::size_t, std::span<const float> logits) { said.emplace_back(logits.begin(), logits.end()); });
    Comparison comparison(recorder.maps(), said);
    listeners.add(comparison);
    feed(b, layers, run, listeners, result.findings,
         [&](std::size_t token, std::span<const float> logits) { comparison.hear(token, logits); });
    comparison.finish(static_cast<double>(result.tokens.size()), result);
    return result;
}

}  // namespace attnx::study
