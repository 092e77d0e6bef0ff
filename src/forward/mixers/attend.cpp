// For a block of queries and each head: scores; weights of the visible keys (row_weights); told to the sink; then the
// weighted sum of values. Masked keys are never looked at: their weight is 0.
#include "attend.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "../kernel.h"
#include "attend_shapes.h"
#include "attend_told.h"
#include "cache.h"
#include "key_products.h"
#include "position_bias.h"
#include "row_weights.h"

namespace attnx::forward {

using model::AttentionPlan;

namespace {

// Sums over keys start at multiples of these, so that their order is ggml's.
constexpr std::uint32_t kKeyStep = Panels::kSums, kFlashTile = kernel::kFlashTile;
constexpr std::uint32_t kFewQueries = 24;  // that are multiplied with the keys they see together

// What one worker needs beside the panels.
struct Scratch {
    Floats weights;  // [queries of a block, keys]
    Floats beside;   // [queries of a block, rows beside the keys]
    KeyProductScratch products;
    std::vector<float> scores;  // of a query, as flash attention takes them
};

struct Block {
    std::uint32_t first = 0, count = 0;  // queries, as indices into the tokens fed
    Visible keys;                        // seen by any of them
};

// How the sink takes this layer's weights.
struct Told {
    bool in_turn = false, at_once = false;
    bool any() const { return in_turn || at_once; }
};

// When it takes those of a block and a head: after all before them, and after the same head's.
struct Turns {
    std::optional<InTurn::Place> of_all, of_head;
    bool any() const { return of_all || of_head; }
};

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
          rest_(rest_of(plan)),
          how_(CacheArithmetic::of(plan, pass.workers, queries.rows)),
          products_(plan, how_, kv.keys, kv.key_blocks),
          bias_(plan, extras.relative_bias),
          rows_(plan, extras, bias_, keys_, pass),
          scratch_(pass.workers.size()) {
        check_shapes(plan, queries, kv, extras, pass);
    }

    Matrix run() {
        if (pass_.sink.wants_vectors(pass_.layer)) tell_vectors(plan_, queries_, kv_, pass_);
        if (pass_.sink.wants_scoring(pass_.layer)) tell_scoring(plan_, extras_, bias_, pass_);
        const Told told{pass_.sink.wants_attention(pass_.layer), pass_.sink.wants_attention_at_once(pass_.layer)};
        Matrix out;
        if (!pass_.weights_only) out.resize(queries_.rows, std::size_t{plan_.heads} * plan_.dim_v);
        if (pass_.weights_only && !told.any()) return out;
        pack();
        const auto tokens = static_cast<std::uint32_t>(queries_.rows);
        const std::uint32_t step = trace::queries_at_once(keys_ + rows_beside()), blocks = (tokens + step - 1) / step;
        InTurn telling;
        std::vector<InTurn> telling_head(told.at_once ? plan_.heads : 0);
        pass_.workers.parallel(std::size_t{blocks} * plan_.heads, [&](std::size_t index, unsigned worker) {
            const auto block = static_cast<std::uint32_t>(index / plan_.heads),
                       head = static_cast<std::uint32_t>(index % plan_.heads);
            Turns turns;
            if (told.in_turn) turns.of_all.emplace(telling, index);
            if (told.at_once) turns.of_head.emplace(telling_head.at(head), block);
            run_head(block_of(block * step, std::min(step, tokens - block * step)), head, turns, scratch_.at(worker),
                     out);
        });
        return out;
    }

private:
    // Keys and values as all heads of a group multiply them.
    void pack() {
        struct Task {
            Panels* panels;
            Strip<const float> rows;
            std::size_t panel;
        };
        std::vector<Task> all;
        const auto prepare = [&](std::vector<Panels>& panels, std::size_t count, Strip<const float> rows, bool sums) {
            panels.resize(count);
            const std::size_t dim = rows.columns / count;
            for (std::size_t i = 0; i < count; ++i) {
                if (sums) panels[i].resize_for_sums(rows.rows, dim);
                else panels[i].resize_for_products(rows.rows, dim);
                for (std::size_t panel = 0; panel < panels[i].count(); ++panel)
                    all.push_back({&panels[i], rows.columns_from(i * dim, dim), panel});
            }
        };
        if (!products_.apart()) prepare(key_panels_, plan_.kv_heads, kv_.keys, false);
        if (!pass_.weights_only && !flashes()) prepare(value_panels_, plan_.kv_heads, kv_.values, true);
        if (rows_beside() != 0) {
            prepare(keys_beside_, 1, extras_.beside->rows, false);
            prepare(values_beside_, 1, extras_.beside->rows, true);
        }
        pass_.workers.parallel(all.size(),
                               [&](std::size_t i, unsigned) { all[i].panels->pack(all[i].rows, all[i].panel); });
    }

    std::uint32_t position(std::uint32_t query) const { return pass_.first_position + query; }

    Block block_of(std::uint32_t first, std::uint32_t count) const {
        Block block{first, count, {keys_, 0}};
        for (std::uint32_t i = first; i < first + count; ++i) {
            const Visible v = rows_.seen_by(i);
            block.keys = {std::min(block.keys.first, v.first), std::max(block.keys.end, v.end)};
        }
        return block;
    }

    void run_head(const Block& block, std::uint32_t head, Turns& turns, Scratch& scratch, Matrix& out) {
        const std::size_t more = rows_beside();
        scratch.weights.resize(product({block.count, keys_}, "attention weights"));  // every element is written
        scratch.beside.resize(product({block.count, more}, "attention weights of compressed rows"));
        const std::span<float> rows = scratch.weights, beside = scratch.beside;
        if (products_.apart()) score_apart(block, head, rows.data(), scratch);
        else each_few(block, [&](const Block& few, std::size_t i) { score(few, head, rows.data() + i * keys_); });
        if (more != 0) score_beside(block, head, beside.data());
        const bool flash = flashes() && !pass_.weights_only;
        for (std::uint32_t i = 0; i < block.count; ++i) {
            float* row = rows.data() + std::size_t{i} * keys_;
            rows_.ready(block.first + i, head, row);
            if (flash) add_at_once(block.first + i, head, row, scratch, out);
            if (!flash || turns.any()) rows_.soften(block.first + i, head, row, beside.subspan(i * more, more));
        }
        const trace::AttentionRows told_rows{.layer = pass_.layer,
                                             .head = head,
                                             .first_query = position(block.first),
                                             .query_count = block.count,
                                             .key_count = keys_,
                                             .weights = rows,
                                             .compressed_count = static_cast<std::uint32_t>(more),
                                             .compressed = beside};
        if (turns.of_head) turns.of_head->run([&] { pass_.sink.attention_at_once(told_rows); });
        if (turns.of_all) turns.of_all->run([&] { pass_.sink.attention(told_rows); });
        if (pass_.weights_only || flash) return;
        each_few(block, [&](const Block& few, std::size_t i) { mix(few, head, rows.data() + i * keys_, out); });
        if (more != 0) mix_beside(block, head, beside, out);
    }

    template <class Body>
    void each_few(const Block& block, const Body& body) const {
        for (std::uint32_t i = 0; i < block.count; i += kFewQueries)
            body(block_of(block.first + i, std::min(kFewQueries, block.count - i)), i);
    }

    std::size_t kv_head(std::uint32_t head) const { return head / heads_per_kv_; }

    Strip<const float> queries_of(const Block& block, std::uint32_t head) const {
        return queries_.strip(std::size_t{head} * plan_.dim_k, plan_.dim_k).rows_from(block.first, block.count);
    }

    // rows[i][j] = q.k for all keys of the block, and a few before them.
    void score(const Block& block, std::uint32_t head, float* rows) const {
        const std::size_t first = block.keys.first / Panels::kWidth * Panels::kWidth;
        key_panels_[kv_head(head)].multiply(queries_of(block, head), 0, first,
                                            {rows + first, block.count, block.keys.end - first, keys_}, Rest::in_turn,
                                            pass_.workers.simd(), last_sums_of(how_.keys.rounding));
    }

    // The same where keys are multiplied otherwise than as floats by the panel.
    void score_apart(const Block& block, std::uint32_t head, float* rows, Scratch& scratch) const {
        const std::uint32_t first = block.keys.first;
        products_.multiply(queries_of(block, head), kv_head(head), first,
                           {rows + first, block.count, block.keys.end - first, keys_}, scratch.products,
                           pass_.workers.simd());
    }

    std::size_t rows_beside() const { return extras_.beside == nullptr ? 0 : extras_.beside->rows.rows; }

    void score_beside(const Block& block, std::uint32_t head, float* rows) const {
        const std::size_t count = rows_beside();
        keys_beside_.front().multiply(queries_of(block, head), 0, 0, {rows, block.count, count, count}, Rest::in_turn,
                                      pass_.workers.simd());
    }

    bool flashes() const { return how_.flash != Flash::off && extras_.beside == nullptr; }

    // Flash attention of one row of scores, which stays as it is.
    void add_at_once(std::uint32_t query, std::uint32_t head, const float* row, Scratch& scratch, Matrix& out) const {
        const Visible see = rows_.seen_by(query);
        const std::uint32_t first = see.first / kFlashTile * kFlashTile;
        std::vector<float>& scores = scratch.scores;
        scores.assign(row + first, row + see.end);
        std::fill_n(scores.begin(), see.first - first, RowWeights::kMasked);
        const auto values =
            kv_.values.columns_from(kv_head(head) * plan_.dim_v, plan_.dim_v).rows_from(first, scores.size());
        const std::span<float> to = out.part(query, head * plan_.dim_v, plan_.dim_v);
        if (how_.flash == Flash::by_tiles)
            kernel::flash_by_tiles(scores, values, rows_.sink(head), to, pass_.workers.simd());
        else kernel::flash_by_keys(scores, values, rows_.sink(head), how_.sums, to, pass_.workers.simd());
    }

    Strip<float> mixed(const Block& block, std::uint32_t head, Matrix& out) const {
        return out.strip(std::size_t{head} * plan_.dim_v, plan_.dim_v).rows_from(block.first, block.count);
    }

    void mix(const Block& block, std::uint32_t head, float* rows, Matrix& out) const {
        const std::uint32_t first = block.keys.first / kKeyStep * kKeyStep;
        const std::size_t keys = std::min(keys_, (block.keys.end + kKeyStep - 1) / kKeyStep * kKeyStep) - first;
        for (std::size_t i = 0; i < block.count; ++i)
            round_floats(how_.weights, {rows + i * keys_ + first, keys}, pass_.workers.simd());
        value_panels_[kv_head(head)].multiply({rows + first, block.count, keys, keys_}, first, 0,
                                              mixed(block, head, out), rest_, pass_.workers.simd(),
                                              last_sums_of(how_.weights));
    }

    void mix_beside(const Block& block, std::uint32_t head, std::span<float> rows, Matrix& out) const {
        const std::size_t count = rows_beside();
        round_floats(how_.weights, rows, pass_.workers.simd());
        Matrix added(block.count, plan_.dim_v);
        values_beside_.front().multiply({rows.data(), block.count, count, count}, 0, 0, added.all(), rest_,
                                        pass_.workers.simd());
        const Strip<float> to = mixed(block, head, out);
        for (std::size_t i = 0; i < added.rows; ++i) add(to.row(i), added.row(i));
    }

    const AttentionPlan& plan_;
    const Matrix& queries_;
    const KeysAndValues& kv_;
    const ScoreExtras& extras_;
    Pass& pass_;
    std::uint32_t keys_;
    std::size_t heads_per_kv_;
    Rest rest_;
    CacheArithmetic how_;
    KeyProducts products_;
    PositionBias bias_;
    RowWeights rows_;
    std::vector<Panels> key_panels_, value_panels_, keys_beside_, values_beside_;
    std::vector<Scratch> scratch_;
};

}  // namespace

Matrix attend(const AttentionPlan& plan, const Matrix& queries, const KeysAndValues& kv, const ScoreExtras& extras,
              Pass& pass) {
    return Attend(plan, queries, kv, extras, pass).run();
}

}  // namespace attnx::forward
