#include "attnx/study/lens.h"

#include <utility>

#include <fmt/format.h>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "head_input.h"
#include "heads.h"

namespace attnx::study {
namespace {

// Reads the head behind layers while they run, and keeps what it says of the most likely tokens only.
class LensReader final : public trace::Sink {
public:
    LensReader(forward::Session& session, std::set<std::uint32_t> layers, std::size_t top, std::uint32_t position,
               const std::function<void(std::size_t, std::size_t)>& told)
        : session_(session), layers_(std::move(layers)), top_(top), position_(position), told_(told) {}

    bool wants_head_input_after(std::uint32_t layer) override { return layers_.contains(layer); }
    void head_input_after(std::uint32_t layer, std::span<const float> values, std::uint32_t width) override {
        LensLayer& behind = read_.emplace_back(LensLayer{layer, {}});
        each_saying(session_, values, width, [&](std::size_t, std::span<const float> logits) {
            behind.positions.push_back(analysis::NextToken(logits).top(top_));
        });
        if (told_) told_(read_.size(), layers_.size());
    }
    bool wants_head_input() override { return true; }
    void head_input(std::span<const float> values, std::uint32_t width) override {
        const auto row = part(values, std::size_t{position_} * width, width, "the stream");
        row_.assign(row.begin(), row.end());
    }

    // What comes next most likely, after all layers.
    std::uint32_t most_likely() const { return analysis::NextToken(session_.logits(row_)).most_likely(); }
    std::vector<LensLayer> take() { return std::move(read_); }

private:
    forward::Session& session_;
    std::set<std::uint32_t> layers_;
    std::size_t top_;
    std::uint32_t position_;
    const std::function<void(std::size_t, std::size_t)>& told_;
    std::vector<LensLayer> read_;
    std::vector<float> row_;
};

// One float for each number noted on the way of one token, three or four rows of the stream beside each branch.
std::uint64_t noted_bytes(const model::Graph& graph) {
    constexpr std::uint64_t kRowsOfLayer = 10;
    const std::uint64_t streams = graph.hyper ? graph.hyper->count : graph.altup ? graph.altup->copies : 1;
    std::uint64_t floats = 0;
    for (const model::LayerPlan& layer : graph.layers)
        floats = add_up(floats, add_up(times(kRowsOfLayer, times(streams, graph.width)),
                                       times(layer.attention.heads, layer.attention.dim_v)));
    return times(floats, sizeof(float));
}

void refuse_too_much(const forward::Session& session, const model::ModelSpec& spec, std::uint64_t tokens,
                     std::uint64_t layers, const LensQuestion& question, const std::string& path) {
    std::vector<Need> needs = session.needs(tokens);
    needs.push_back({"what the stream of one token is a sum of", noted_bytes(session.graph())});
    needs.push_back({fmt::format("logits of {} tokens", kRowsAtOnce),
                     times(times(kRowsAtOnce, spec.vocabulary_size), 2 * sizeof(float))});
    needs.push_back({fmt::format("what is said behind {} layers", layers),
                     times(times(layers, tokens), times(question.top, sizeof(analysis::Guess)))});
    refuse_beyond(needs, question.run.max_memory, path);
}

}  // namespace

Lens lens(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt, const LensQuestion& question,
          const std::function<void(std::size_t, std::size_t)>& told) {
    Lens answer;
    answer.position = expect_position(file, prompt, question.position);
    forward::Session session(file, spec, question.run.session(prompt.ids.size()));
    const model::Graph& graph = session.graph();
    expect_output_head(file, graph);
    const std::set<std::uint32_t> layers = layers_or_all(graph, question.layers, file.path());
    refuse_too_much(session, spec, prompt.ids.size(), layers.size(), question, file.path());

    LensReader reader(session, layers, question.top, answer.position, told);
    session.feed(prompt.ids, reader, {.last_layer = {}, .noted = answer.position});
    answer.target = question.target ? *question.target : reader.most_likely();
    answer.attribution = session.attribution(answer.target);
    answer.layers = reader.take();
    answer.tokens = tokens_of(prompt);
    answer.capped = graph.logit_softcap.has_value() || graph.logit_sigmoid.has_value();
    answer.numerics = to_string(question.run.numerics);
    answer.findings = spec.findings;
    append(answer.findings, graph.findings);
    return answer;
}

}  // namespace attnx::study
