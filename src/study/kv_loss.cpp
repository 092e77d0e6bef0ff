#include "attnx/study/kv_loss.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "attnx/analysis/answer_distance.h"
#include "attnx/analysis/kv_cost.h"
#include "attnx/base/checked.h"
#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/model/visible.h"
#include "attnx/trace/fan_out.h"
#include "head_input.h"
#include "heads.h"
#include "map_distance.h"

namespace attnx::study {
namespace {

constexpr std::uint64_t kMapsAtOnce = std::uint64_t{1} << 30;  // bytes of the reference's
constexpr double kAlmostAll = 0.99;

// Layers whose maps are kept at the same time.
using LayerGroup = std::vector<std::uint32_t>;

// One way to compute the text.
struct Way {
    forward::CacheTypes cache;
    HeadInput said;
    std::vector<HeadDistance> heads = {};
    analysis::AnswerDistance answers = {};
};

class KvLossStudy {
public:
    KvLossStudy(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt,
                const KvLossQuestion& question, const std::function<void(std::size_t, std::size_t)>& told)
        : file_(file), spec_(spec), prompt_(prompt), question_(question), told_(told) {
        expect_cache();
        answer_.reference_bytes = bytes_of({});
        for (const CachePair& types : question.types)
            answer_.rows.push_back({.types = types, .bytes = bytes_of(types)});
        answer_.tokens = tokens_of(prompt);
        answer_.numerics = to_string(question.run.numerics);
        add_ways();
    }

    KvLoss run() {
        std::vector<LayerGroup> groups;
        {
            const forward::Session session = open(ways_.front());
            expect_use_of_it(session.graph());
            expect_output_head(file_, session.graph());
            groups = layer_groups(session.graph());
            refuse_too_much(session, groups);
            answer_.findings = spec_.findings;
            append(answer_.findings, session.graph().findings);
        }
        steps_ = groups.size() * ways_.size() + (tokens() + kRowsAtOnce - 1) / kRowsAtOnce;
        const std::vector<std::uint32_t> windows = windows_of_question();
        analysis::EvictionSink eviction(spec_, static_cast<std::uint32_t>(tokens()), question_.sinks, windows);
        for (const LayerGroup& group : groups) run_group(group, &group == &groups.back(), eviction);
        answer_.eviction = eviction.result();
        hear_answers();
        return finish();
    }

private:
    std::size_t tokens() const { return prompt_.ids.size(); }

    [[noreturn]] void refuse(std::string message) const {
        throw Error(ErrorCode::unsupported, std::move(message), {file_.path(), {}, {}});
    }

    // Keys and values in caches of their own, and nothing beside them that attnx would have to round, too.
    void expect_cache() {
        using enum model::CacheKind;
        for (const model::CachePlan& cache : spec_.memory.caches) {
            if (cache.kind == indexer || cache.kind == compressed)
                refuse(
                    fmt::format("this model also caches rows of another kind ({}), which attnx does not round: what "
                                "a cache type costs cannot be told",
                                to_string(cache.kind)));
            if (cache.kind == full || cache.kind == sliding)
                answer_.cached_layers += static_cast<std::uint32_t>(cache.layers.size());
        }
        answer_.layers = spec_.layer_count;
        if (answer_.cached_layers == 0) refuse_nothing_to_round();
    }

    // An encoder may have a cache, which is its decoder's.
    void expect_use_of_it(const model::Graph& graph) const {
        if (std::ranges::none_of(graph.layers, [](const model::LayerPlan& layer) { return layer.attention.cached; }))
            refuse_nothing_to_round();
    }

    [[noreturn]] void refuse_nothing_to_round() const {
        refuse("this model caches no keys and values: there is nothing to round");
    }

    std::uint64_t bytes_of(const CachePair& types) {
        analysis::ContextParams params;
        params.context = question_.context;
        params.type_k = types.keys;
        params.type_v = types.values;
        params.flash_attention = question_.flash_attention;
        const analysis::KvCost cost = analysis::kv_cost(spec_, params);
        answer_.flash_attention = cost.flash_attention;
        return cost.total_bytes;
    }

    // The reference, the same computed the other way, and each of the types.
    void add_ways() {
        const auto add = [&](const CachePair& types, bool flash) {
            ways_.push_back({.cache = {types.keys, types.values, flash}, .said = {}});
        };
        add({}, answer_.flash_attention);
        const bool another =
            question_.run.numerics == forward::Numerics::llama_cpp && !spec_.memory.flash_attention_off;
        if (another) {
            answer_.noise = CacheLoss{.bytes = answer_.reference_bytes};
            add({}, !answer_.flash_attention);
        }
        for (const CachePair& types : question_.types) add(types, answer_.flash_attention);
    }

    forward::Session open(const Way& way) const {
        forward::SessionOptions options = question_.run.session(tokens());
        options.cache = way.cache;
        return {file_, spec_, options};
    }

    std::vector<LayerGroup> layer_groups(const model::Graph& graph) const {
        std::vector<LayerGroup> groups;
        std::uint64_t taken = 0;
        for (const model::LayerSpec& layer : spec_.layers) {
            if (layer.index >= spec_.layer_count || !model::attends(layer)) continue;
            const std::uint64_t bytes = forward::map_needs(graph, LayerGroup{layer.index}, tokens()).bytes;
            if (groups.empty() || add_up(taken, bytes) > kMapsAtOnce) {
                groups.emplace_back();
                taken = 0;
            }
            taken = add_up(taken, bytes);
            groups.back().push_back(layer.index);
        }
        if (groups.empty()) refuse("this model has no layer that computes softmax attention");
        return groups;
    }

    void refuse_too_much(const forward::Session& session, const std::vector<LayerGroup>& groups) const {
        std::vector<Need> needs = session.needs(tokens());
        Need maps;
        for (const LayerGroup& group : groups) {
            Need need = forward::map_needs(session.graph(), group, tokens());
            if (need.bytes >= maps.bytes) maps = std::move(need);
        }
        needs.push_back(std::move(maps));
        needs.push_back({fmt::format("what the output head reads in {} runs", ways_.size()),
                         times(ways_.size(), times(tokens(), times(session.graph().width, sizeof(float))))});
        needs.push_back({fmt::format("logits of {} tokens", kRowsAtOnce),
                         times(3 * kRowsAtOnce, times(spec_.vocabulary_size, sizeof(float)))});
        refuse_beyond(needs, question_.run.max_memory, file_.path());
    }

    std::vector<std::uint32_t> windows_of_question() const {
        if (!question_.windows.empty()) return question_.windows;
        std::vector<std::uint32_t> windows;
        for (const std::size_t part : {4U, 2U})
            if (tokens() >= part) windows.push_back(static_cast<std::uint32_t>(tokens() / part));
        return windows;
    }

    // All ways through the layers of a group, the reference first; the last time through all layers.
    void run_group(const LayerGroup& group, bool last, analysis::EvictionSink& eviction) {
        trace::AttentionRecorder recorder({group.begin(), group.end()});
        forward::FeedOptions options;
        if (!last) options.last_layer = group.back();
        for (Way& way : ways_) {
            const bool reference = &way == &ways_.front();
            MapDistance distance(recorder.maps());
            trace::FanOut listeners({reference ? static_cast<trace::Sink*>(&recorder) : &distance});
            if (last) listeners.add(way.said);
            if (last && reference) listeners.add(eviction);
            forward::Session session = open(way);
            session.feed(prompt_.ids, listeners, options);
            const std::vector<HeadDistance> heads = distance.heads(tokens());
            way.heads.insert(way.heads.end(), heads.begin(), heads.end());
            step();
        }
    }

    // Logits are large: those of all ways are made a few tokens at a time.
    void hear_answers() {
        forward::Session session = open(ways_.front());  // its head reads what any way left
        for (std::size_t first = 0; first < tokens(); first += kRowsAtOnce) {
            const std::size_t count = std::min(kRowsAtOnce, tokens() - first);
            const std::vector<float> logits = ways_.front().said.saying(session, first, count);
            const std::size_t vocabulary = logits.size() / count;
            const std::vector<analysis::NextToken> reference = answers_of(logits, vocabulary);
            for (Way& way : ways_) {
                const bool itself = &way == &ways_.front();
                const std::vector<float> others =
                    itself ? std::vector<float>{} : way.said.saying(session, first, count);
                const std::vector<analysis::NextToken> said = itself ? reference : answers_of(others, vocabulary);
                for (std::size_t i = 0; i < count; ++i)
                    way.answers.hear(
                        reference[i], said.at(i),
                        first + i + 1 < tokens() ? std::optional(prompt_.ids[first + i + 1]) : std::nullopt);
            }
            step();
        }
    }

    // The logits must outlive them.
    static std::vector<analysis::NextToken> answers_of(std::span<const float> logits, std::size_t vocabulary) {
        std::vector<analysis::NextToken> answers;
        for (; !logits.empty(); logits = logits.subspan(vocabulary)) answers.emplace_back(logits.first(vocabulary));
        return answers;
    }

    void tell(const Way& way, CacheLoss& row) const {
        row.kl_mean = way.answers.kl_mean();
        row.kl_p99 = way.answers.kl_quantile(kAlmostAll);
        row.kl_max = way.answers.kl_max();
        row.top1_agreement = way.answers.top1_agreement();
        row.loss = way.answers.loss();
        if (row.loss) row.loss_change = *row.loss - *answer_.loss;
        for (const HeadDistance& head : way.heads) {
            row.attention_js_mean += head.js / static_cast<double>(way.heads.size());
            if (&head == &way.heads.front() || head.js > row.worst.js) row.worst = head;
        }
        row.at_noise_floor = answer_.noise && row.kl_mean <= kNoise * answer_.noise->kl_mean;
    }

    KvLoss finish() {
        auto way = ways_.begin();
        answer_.loss = way++->answers.loss();
        if (answer_.noise) tell(*way++, *answer_.noise);
        for (CacheLoss& row : answer_.rows) tell(*way++, row);
        return std::move(answer_);
    }

    void step() {
        if (told_) told_(++done_, steps_);
    }

    const gguf::File& file_;
    const model::ModelSpec& spec_;
    const Prompt& prompt_;
    const KvLossQuestion& question_;
    const std::function<void(std::size_t, std::size_t)>& told_;
    std::vector<Way> ways_;
    std::size_t steps_ = 0, done_ = 0;
    KvLoss answer_;
};

}  // namespace

KvLoss kv_loss(const gguf::File& file, const model::ModelSpec& spec, const Prompt& prompt,
               const KvLossQuestion& question, const std::function<void(std::size_t, std::size_t)>& told) {
    return KvLossStudy(file, spec, prompt, question, told).run();
}

}  // namespace attnx::study
