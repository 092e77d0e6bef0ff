#include "attend_rows.h"

#include <limits>
#include <utility>
#include <vector>

#include "attend_drawing.h"
#include "attnx/model/visible.h"

namespace attnx::report {
namespace {

using study::Attended;

void weigh(std::vector<float>& row, std::span<const float> lengths) {
    for (std::size_t key = 0; key < row.size(); ++key) row[key] *= lengths[key];
}

// One head's row, or the mean of several.
class HeadRows {
public:
    HeadRows(std::shared_ptr<const Attended> attended, std::uint32_t layer, std::vector<std::uint32_t> heads,
             const RowChanges& changes)
        : attended_(std::move(attended)),
          map_(attended_->maps.at(layer)),
          lengths_(changes.value_weighted ? &attended_->moved_norms.at(layer) : nullptr),
          heads_(std::move(heads)) {}

    void read(std::uint32_t query, std::vector<float>& row) const {
        if (heads_.size() == 1) return read_head(heads_.front(), query, row);
        std::vector<double> sum(map_.tokens());
        for (const std::uint32_t head : heads_) {
            read_head(head, query, row);
            for (std::size_t key = 0; key < sum.size(); ++key) sum[key] += static_cast<double>(row[key]);
        }
        for (std::size_t key = 0; key < sum.size(); ++key)
            row[key] = static_cast<float>(sum[key] / static_cast<double>(heads_.size()));
    }

private:
    void read_head(std::uint32_t head, std::uint32_t query, std::vector<float>& row) const {
        const std::span<const float> weights = map_.row(head, query);
        row.assign(weights.begin(), weights.end());
        if (lengths_ != nullptr) weigh(row, lengths_->head(head));
    }

    std::shared_ptr<const Attended> attended_;
    const trace::AttentionMap& map_;
    const analysis::MovedNorms* lengths_;
    std::vector<std::uint32_t> heads_;
};

// To sum to 1, but for the first token where it is left out.
void scale_to_one(std::vector<float>& row, bool drop_first) {
    double sum = 0;
    for (std::size_t key = drop_first ? 1 : 0; key < row.size(); ++key) sum += static_cast<double>(row[key]);
    if (sum > 0)
        for (float& weight : row) weight = static_cast<float>(static_cast<double>(weight) / sum);
}

}  // namespace

view::RowSource attention_rows(const model::ModelSpec& spec, const std::shared_ptr<const Attended>& attended,
                               std::uint32_t layer, std::optional<std::uint32_t> head, const RowChanges& changes) {
    HeadRows rows(attended, layer, head ? std::vector{*head} : attended->heads.at(layer), changes);
    const model::LayerSpec* shape = layer_of(spec, layer);
    const std::optional<model::Mask> mask = shape != nullptr ? std::optional(mask_of(spec, *shape)) : std::nullopt;
    return [rows = std::move(rows), mask, changes, tokens = attended->maps.at(layer).tokens(),
            row = std::vector<float>()](std::uint64_t query) mutable {
        rows.read(static_cast<std::uint32_t>(query), row);
        if (changes.renormalise) scale_to_one(row, changes.drop_first);
        if (mask) {
            const model::KeyRange seen = visible_keys(*mask, query, tokens);
            for (std::size_t key = 0; key < row.size(); ++key)
                if (!seen.contains(key)) row[key] = std::numeric_limits<float>::quiet_NaN();
        }
        return view::RowValues(row);
    };
}

view::RowSource rollout_rows(const std::shared_ptr<const Attended>& attended, std::uint32_t layer) {
    return [attended, matrix = &attended->rollout.at(layer), tokens = attended->tokens.size()](std::uint64_t query) {
        return view::RowValues(*matrix).subspan(query * tokens, tokens);
    };
}

view::RowSource without_first(view::RowSource rows, bool drop) {
    if (!drop) return rows;
    return [rows = std::move(rows)](std::uint64_t row) { return rows(row).subspan(1); };
}

std::string changes_text(const RowChanges& changes) {
    std::string text;
    if (changes.value_weighted) text += ", times the length of what is moved";
    if (changes.drop_first) text += ", without the first token";
    if (changes.renormalise) text += ", scaled to sum to 1";
    return text;
}

}  // namespace attnx::report
