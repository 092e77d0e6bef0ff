// For a block of queries and each head: scores = scale * q.k, capped, plus the position bias; softmax over the visible
// keys with the maximum subtracted; told to the sink; then the weighted sum of values. Masked keys are never looked at:
// their weight is 0.
#include "attend.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "../kernel.h"
#include "../ops/softmax.h"
#include "attnx/base/error.h"
#include "attnx/model/visible.h"
#include "heads.h"

namespace attnx::forward {

using model::AttentionPlan;

namespace {

// Sums over keys start at multiples of these, so that their order is ggml's.
constexpr std::uint32_t kKeyStep = 32, kSumStep = 8;
constexpr std::size_t kMostKeys = std::size_t{1} << 30;     // so that no sum of positions wraps
constexpr std::uint32_t kFarDistance = 128;                 // from here on all distances have the last bucket
constexpr std::size_t kBlockFloats = std::size_t{4} << 20;  // weights held at once, over all heads

// What one worker needs to compute one head's rows.
struct Scratch {
    Floats columns;  // of values
    Floats room;
};

struct Block {
    std::uint32_t first = 0, count = 0;  // queries, as indices into the tokens fed
    Visible keys;                        // seen by any of them
};

// How the sink takes this layer's weights.
struct Told {
    bool in_turn = false, at_once = false;
};

// ALiBi's slope of a head (arXiv 2108.12409), for head counts that are no power of two as well.
float alibi_slope(float max_bias, std::uint32_t head, std::uint32_t heads) {
    if (max_bias <= 0.0F) return 0.0F;
    const std::uint32_t power = std::bit_floor(heads);
    const float base = head < power ? std::exp2(-max_bias / static_cast<float>(power))
                                    : std::exp2(-max_bias / 2.0F / static_cast<float>(power));
    const auto exponent = head < power ? head + 1 : 2 * (head - power) + 1;
    return std::pow(base, static_cast<float>(exponent));
}

// T5's bucket of a distance in an encoder: half for keys after the query, half before; exact when near, logarithmic up
// to 128.
std::uint32_t bidirectional_bucket(std::int64_t distance, std::uint32_t buckets) {
    const std::uint32_t half = buckets / 2;
    const std::uint32_t exact = half / 2;
    const auto away = static_cast<std::uint32_t>(std::abs(distance));
    const std::uint32_t side = distance > 0 ? half : 0;
    if (away < exact) return side + away;
    const double x = std::log(static_cast<double>(away) / exact) * (half - exact) /
                     std::log(static_cast<double>(kFarDistance) / exact);
    return side + std::min(half - 1, exact + static_cast<std::uint32_t>(std::floor(x)));
}

class Attend {
public:
    Attend(const AttentionPlan& plan, const Matrix& queries, const KeysAndValues& kv, const ScoreExtras& extras,
           Pass& pass)
        : plan_(plan),
          queries_(queries),
          kv_(kv),
          extras_(extras),
          pass_(pass),
          keys_(static_cast<std::uint32_t>(kv.keys.rows)),
          heads_per_kv_(share(plan.heads, plan.kv_heads, "heads over key heads")),
          rest_(plan.cached ? Rest::padded : Rest::in_turn),
          halves_(in_halves(plan, pass.workers)),
          scratch_(pass.workers.size()) {
        expect(plan.heads != 0 && kv.keys.rows != 0, "heads and keys");
        expect(queries.columns == std::size_t{plan.heads} * plan.dim_k, "queries");
        expect(kv.keys.columns == std::size_t{plan.kv_heads} * plan.dim_k && kv.keys.rows <= kMostKeys, "keys");
        expect(kv.values.columns == std::size_t{plan.kv_heads} * plan.dim_v && kv.values.rows == kv.keys.rows,
               "values");
        expect(pass.first_position + queries.rows <= kv.keys.rows, "positions");
        expect(extras.chosen == nullptr || extras.chosen->fits(queries.rows, kv.keys.rows), "keys that are chosen");
        expect(extras.sinks.empty() || extras.sinks.size() == plan.heads, "attention sinks");
        expect(extras.relative_bias.empty() || (fits_buckets(plan.relative_buckets) &&
                                                extras.relative_bias.size() / plan.heads >= plan.relative_buckets),
               "relative biases");
        expect(plan.window.type != model::WindowType::chunked || plan.window.size != 0, "chunks");
    }

    Matrix run() {
        if (pass_.sink.wants_vectors(pass_.layer)) tell_vectors();
        if (pass_.sink.wants_scoring(pass_.layer)) tell_scoring();
        const Told told{pass_.sink.wants_attention(pass_.layer), pass_.sink.wants_attention_at_once(pass_.layer)};
        Matrix out;
        if (!pass_.weights_only) out.resize(queries_.rows, std::size_t{plan_.heads} * plan_.dim_v);
        if (pass_.weights_only && !told.in_turn && !told.at_once) return out;
        const auto tokens = static_cast<std::uint32_t>(queries_.rows);
        const std::uint32_t step = std::max<std::uint32_t>(
            4,
            static_cast<std::uint32_t>(std::min<std::size_t>(128, kBlockFloats / (std::size_t{plan_.heads} * keys_))));
        for (std::uint32_t first = 0; first < tokens; first += step)
            run_block(block_of(first, std::min(step, tokens - first)), told, out);
        return out;
    }

private:
    // Once here, so that nothing below has to look again.
    static void expect(bool fits, const char* what) {
        if (!fits)
            throw Error(ErrorCode::bad_dimensions,
                        fmt::format("the {} of a layer do not have the shape of its plan", what));
    }

    static trace::TokenVectors vectors_of(Strip<const float> strip, std::uint32_t heads, std::uint32_t dim) {
        return {{strip.first, (strip.rows - 1) * strip.stride + strip.columns}, strip.stride, heads, dim};
    }

    // Of the tokens fed, whose keys may be those of an earlier layer.
    void tell_vectors() const {
        const std::size_t first = pass_.first_position, count = queries_.rows;
        if (count == 0) return;
        pass_.sink.vectors({.layer = pass_.layer,
                            .tokens = static_cast<std::uint32_t>(count),
                            .queries = vectors_of(queries_.all(), plan_.heads, plan_.dim_k),
                            .keys = vectors_of(kv_.keys.rows_from(first, count), plan_.kv_heads, plan_.dim_k),
                            .values = vectors_of(kv_.values.rows_from(first, count), plan_.kv_heads, plan_.dim_v),
                            .query_factor = plan_.scale_queries ? plan_.score_scale : 1.0F});
    }

    void tell_scoring() const {
        trace::Scoring scoring{
            .layer = pass_.layer, .scale = plan_.score_scale, .softcap = plan_.softcap, .sinks = extras_.sinks};
        if (plan_.max_alibi_bias > 0.0F || !extras_.relative_bias.empty())
            scoring.bias = [this](std::uint32_t head, std::uint32_t query, std::uint32_t key) {
                float bias = 0.0F;
                add_position_bias({&bias, 1}, key, query, head);
                return bias;
            };
        if (extras_.writer != nullptr) {
            scoring.width = extras_.writer->width();
            scoring.gated = extras_.writer->gated();
            scoring.moved = [this](std::uint32_t head, std::span<const float> vectors, std::span<float> out) {
                extras_.writer->write(head, vectors, out, pass_.workers);
            };
        }
        pass_.sink.scoring(scoring);
    }

    std::uint32_t position(std::uint32_t query) const { return pass_.first_position + query; }

    Block block_of(std::uint32_t first, std::uint32_t count) const {
        Block block{first, count, {keys_, 0}};
        for (std::uint32_t i = first; i < first + count; ++i) {
            const Visible v = visible_keys(plan_, position(i), keys_);
            block.keys = {std::min(block.keys.first, v.first), std::max(block.keys.end, v.end)};
        }
        return block;
    }

    void run_block(const Block& block, Told told, Matrix& out) {
        const std::size_t head_size = std::size_t{block.count} * keys_;
        weights_.resize(
            product({plan_.heads, head_size}, "attention weights"));  // score and soften write every element
        InTurn telling;
        pass_.workers.parallel(plan_.heads, [&](std::size_t index, unsigned worker) {
            std::optional<InTurn::Place> place;
            if (told.in_turn) place.emplace(telling, index);
            const auto head = static_cast<std::uint32_t>(index);
            const auto rows = std::span<float>(weights_).subspan(index * head_size, head_size);
            score(block, head, rows.data(), scratch_.at(worker));
            for (std::uint32_t i = 0; i < block.count; ++i)
                soften(block.first + i, head, rows.data() + std::size_t{i} * keys_);
            const trace::AttentionRows told_rows{pass_.layer, head, position(block.first), block.count, keys_, rows};
            if (told.at_once) pass_.sink.attention_at_once(told_rows);
            if (place) place->run([&] { pass_.sink.attention(told_rows); });
            if (pass_.weights_only) return;
            if (halves_) round_to_half(rows, pass_.workers.simd());
            mix(block, head, rows.data(), scratch_.at(worker), out);
        });
    }

    std::size_t kv_head(std::uint32_t head) const { return head / heads_per_kv_; }

    // rows[i][j] = q.k for all keys of the block.
    void score(const Block& block, std::uint32_t head, float* rows, Scratch& scratch) const {
        const std::size_t dim = plan_.dim_k;
        const std::uint32_t first = block.keys.first;
        const auto q = queries_.strip(head * dim, dim).rows_from(block.first, block.count);
        const auto k = kv_.keys.columns_from(kv_head(head) * dim, dim).rows_from(first, block.keys.end - first);
        dot_products(q, k, {rows + first, q.rows, k.rows, keys_}, Rest::in_turn, scratch.room, pass_.workers.simd());
    }

    // One row from raw scores to weights.
    void soften(std::uint32_t query, std::uint32_t head, float* row) const {
        const std::uint32_t at = position(query);
        const Visible see = visible_keys(plan_, at, keys_);
        std::fill(row, row + see.first, 0.0F);
        std::fill(row + see.end, row + keys_, 0.0F);
        const std::span<float> scores(row + see.first, see.end - see.first);
        const float scale = plan_.scale_queries ? 1.0F : plan_.score_scale;
        const float factor = plan_.softcap ? scale / *plan_.softcap : scale;
        for (float& s : scores) s *= factor;
        if (plan_.softcap) {
            for (float& s : scores) s = *plan_.softcap * std::tanh(s);
        }
        add_position_bias(scores, see.first, at, head);
        if (extras_.chosen != nullptr) {
            const auto kept = extras_.chosen->of_query(query);
            for (std::size_t j = 0; j < scores.size(); ++j)
                if (kept[see.first + j] == 0) scores[j] = -std::numeric_limits<float>::infinity();
        }
        const std::uint32_t first = see.first / kSumStep * kSumStep,
                            end = std::min(keys_, (see.end + kSumStep - 1) / kSumStep * kSumStep);
        std::fill(row + first, row + see.first, -std::numeric_limits<float>::infinity());
        std::fill(row + see.end, row + end, -std::numeric_limits<float>::infinity());
        softmax({row + first, row + end},
                extras_.sinks.empty() ? std::nullopt : std::optional<float>(extras_.sinks[head]), rest_,
                pass_.workers.simd());
    }

    void add_position_bias(std::span<float> scores, std::uint32_t first_key, std::uint32_t query,
                           std::uint32_t head) const {
        const float slope = alibi_slope(plan_.max_alibi_bias, head, plan_.heads);
        if (slope == 0.0F && extras_.relative_bias.empty()) return;
        for (std::size_t j = 0; j < scores.size(); ++j) {
            const auto distance = static_cast<std::int64_t>(first_key + j) - query;
            if (slope != 0.0F) scores[j] = fused(-slope, static_cast<float>(std::abs(distance)), scores[j]);
            if (!extras_.relative_bias.empty()) {
                scores[j] += extras_.relative_bias[std::size_t{bidirectional_bucket(distance, plan_.relative_buckets)} *
                                                       plan_.heads +
                                                   head];
            }
        }
    }

    // out[i] = sum of weights[i][j] * v[j], for a few columns of v at a time, transposed.
    void mix(const Block& block, std::uint32_t head, const float* rows, Scratch& scratch, Matrix& out) const {
        constexpr std::size_t kAtOnce = 16;
        const std::size_t dim = plan_.dim_v;
        const std::uint32_t first_key = block.keys.first / kKeyStep * kKeyStep;
        const std::size_t keys = std::min(keys_, (block.keys.end + kKeyStep - 1) / kKeyStep * kKeyStep) - first_key;
        const std::size_t stride = (keys + kAtOnce - 1) / kAtOnce * kAtOnce;
        const auto values = kv_.values.columns_from(kv_head(head) * dim, dim).rows_from(first_key, keys);
        const auto to = out.strip(head * dim, dim).rows_from(block.first, block.count);
        Floats& columns = scratch.columns;
        columns.resize(kAtOnce * stride);
        for (std::size_t first = 0; first < dim; first += kAtOnce) {
            const std::size_t count = std::min(kAtOnce, dim - first);
            for (std::size_t j = 0; j < keys; ++j) {
                const float* from = values.first + j * values.stride + first;
                for (std::size_t i = 0; i < count; ++i) columns[i * stride + j] = from[i];
            }
            dot_products({rows + first_key, block.count, keys, keys_}, {columns.data(), count, keys, stride},
                         to.columns_from(first, count), rest_, scratch.room, pass_.workers.simd());
        }
    }

    const AttentionPlan& plan_;
    const Matrix& queries_;
    const KeysAndValues& kv_;
    const ScoreExtras& extras_;
    Pass& pass_;
    std::uint32_t keys_;
    std::size_t heads_per_kv_;
    Rest rest_;
    bool halves_;  // weights are rounded to half precision before they are multiplied with values
    std::vector<Scratch> scratch_;
    Floats weights_;  // [heads, block, keys]
};

}  // namespace

Visible visible_keys(const AttentionPlan& plan, std::uint32_t query, std::uint32_t key_count) {
    const model::KeyRange see = model::visible_keys({plan.causal, plan.window}, query, key_count);
    return {static_cast<std::uint32_t>(see.first), static_cast<std::uint32_t>(see.end)};
}

bool fits_buckets(std::uint32_t buckets) { return buckets >= 4 && buckets < 4 * kFarDistance; }

Matrix attend(const AttentionPlan& plan, const Matrix& queries, const KeysAndValues& kv, const ScoreExtras& extras,
              Pass& pass) {
    return Attend(plan, queries, kv, extras, pass).run();
}

}  // namespace attnx::forward
