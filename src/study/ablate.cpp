#include "attnx/study/ablate.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "attnx/analysis/answer_distance.h"
#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "head_input.h"
#include "heads.h"

namespace attnx::study {
namespace {

constexpr std::size_t kGuesses = 5;

// What each layer of some read, too.
class Streams final : public HeadInput {
public:
    explicit Streams(std::set<std::uint32_t> layers = {}) : layers_(std::move(layers)) {}

    bool wants_embedding() override { return layers_.contains(0); }
    void embedding(std::span<const float> values, std::uint32_t) override { keep(0, values); }
    bool wants_block_output(std::uint32_t layer) override { return layers_.contains(layer + 1); }
    void block_output(std::uint32_t layer, std::span<const float> values, std::uint32_t) override {
        keep(layer + 1, values);
    }

    std::span<const float> before(std::uint32_t layer) const { return before_.at(layer); }

private:
    void keep(std::uint32_t layer, std::span<const float> values) {
        before_[layer].assign(values.begin(), values.end());
    }

    std::set<std::uint32_t> layers_;
    std::map<std::uint32_t, std::vector<float>> before_;
};

class Ablating {
public:
    Ablating(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt, const AblateQuestion& question)
        : file_(file),
          vocabulary_(spec.vocabulary_size),
          prompt_(prompt),
          question_(question),
          session_(file, spec, question.run.session(prompt.ids.size())),
          heads_(question.heads.empty() ? all_heads(spec) : question.heads),
          position_(expect_position(file, prompt, question.position)) {
        expect_heads(file, spec, heads_);
        expect_output_head(file, session_.graph());
        answer_.findings = spec.findings;
        append(answer_.findings, session_.graph().findings);
        answer_.numerics = to_string(question.run.numerics);
        answer_.tokens = tokens_of(prompt);
    }

    Ablations run(const std::function<void(std::size_t, std::size_t)>& told) {
        look_at_whole();
        std::size_t all = 0, done = 0;
        for (const auto& [layer, chosen] : heads_) all += chosen.size();
        for (const auto& [layer, chosen] : heads_)
            for (const std::uint32_t head : chosen) {
                without({layer, head, question_.by_mean});
                if (told) told(++done, all);
            }
        return std::move(answer_);
    }

private:
    std::set<std::uint32_t> layers() const {
        std::set<std::uint32_t> chosen;
        for (const auto& [layer, heads] : heads_) chosen.insert(layer);
        return chosen;
    }

    void refuse_too_much() const {
        const std::uint64_t tokens = prompt_.ids.size(), width = session_.graph().width;
        std::vector<Need> needs = session_.needs(tokens);
        if (session_.resumes())
            needs.push_back({fmt::format("the stream before {} layers", heads_.size()),
                             times(heads_.size(), times(tokens, times(width, sizeof(float))))});
        needs.push_back({fmt::format("logits of {} tokens", tokens),
                         times(times(add_up(tokens, kRowsAtOnce), vocabulary_), 2 * sizeof(float))});
        refuse_beyond(needs, question_.run.max_memory, file_.path());
    }

    void look_at_whole() {
        refuse_too_much();
        whole_ = Streams(session_.resumes() ? layers() : std::set<std::uint32_t>());
        session_.feed(prompt_.ids, whole_);
        logits_.reserve(prompt_.ids.size());
        answers_.reserve(prompt_.ids.size());
        whole_.each_saying(session_, [&](std::size_t, std::span<const float> row) {
            answers_.emplace_back(logits_.emplace_back(row.begin(), row.end()));
        });
        expect_target(logits_.front().size());
        if (prompt_.ids.size() > 1) answer_.loss = analysis::mean_loss(answers_, prompt_.ids);
        answer_.top = answers_.back().top(kGuesses);
        if (question_.target) answer_.target_logit = logits_[position_][*question_.target];
    }

    void expect_target(std::size_t vocabulary) const {
        if (question_.target && *question_.target >= vocabulary)
            throw Error(ErrorCode::not_found,
                        fmt::format("token id {} is outside the vocabulary of {}", *question_.target, vocabulary),
                        {file_.path(), {}, {}});
    }

    void without(const forward::Ablation& ablation) {
        Streams streams;
        const forward::FeedOptions options{.last_layer = {}, .ablation = ablation};
        if (session_.resumes()) {
            session_.resume(ablation.layer, whole_.before(ablation.layer), prompt_.ids, streams, options);
        } else {
            session_.reset();
            session_.feed(prompt_.ids, streams, options);
        }
        HeadEffect effect{.layer = ablation.layer, .head = ablation.head};
        analysis::AnswerDistance distance;
        streams.each_saying(session_, [&](std::size_t position, std::span<const float> row) {
            const std::size_t next = position + 1;
            distance.hear(answers_[position], analysis::NextToken(row),
                          next < prompt_.ids.size() ? std::optional(prompt_.ids[next]) : std::nullopt);
            if (question_.target && position == position_)
                effect.target_logit_change = static_cast<double>(row[*question_.target]) - *answer_.target_logit;
        });
        effect.kl_mean = distance.kl_mean();
        effect.kl_last = distance.kl_last();
        if (answer_.loss) effect.loss_change = *distance.loss() - *answer_.loss;
        answer_.heads.push_back(effect);
    }

    const gguf::File& file_;
    std::uint64_t vocabulary_;
    const Prompt& prompt_;
    const AblateQuestion& question_;
    forward::Session session_;
    Heads heads_;
    std::uint32_t position_ = 0;
    Streams whole_;
    std::vector<std::vector<float>> logits_;
    std::vector<analysis::NextToken> answers_;
    Ablations answer_;
};

}  // namespace

Ablations ablate(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt,
                 const AblateQuestion& question, const std::function<void(std::size_t, std::size_t)>& told) {
    return Ablating(file, spec, prompt, question).run(told);
}

}  // namespace attnx::study
