#include "attend_shapes.h"

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "position_bias.h"

namespace attnx::forward {
namespace {

constexpr std::size_t kMostKeys = std::size_t{1} << 30;  // so that no sum of positions wraps

void expect(bool fits, const char* what) {
    if (!fits)
        throw Error(ErrorCode::bad_dimensions,
                    fmt::format("the {} of a layer do not have the shape of its plan", what));
}

void check_beside(const model::AttentionPlan& plan, const RowsBeside& beside, std::size_t queries) {
    expect(plan.kv_heads == 1 && plan.dim_k == plan.dim_v && beside.rows.columns == plan.dim_k && beside.ratio != 0 &&
               beside.rows.rows <= kMostKeys,
           "compressed rows");
    expect(beside.chosen == nullptr || beside.chosen->fits(queries, beside.rows.rows),
           "compressed rows that are chosen");
}

}  // namespace

void check_shapes(const model::AttentionPlan& plan, const Matrix& queries, const KeysAndValues& kv,
                  const ScoreExtras& extras, const Pass& pass) {
    expect(plan.heads != 0 && kv.keys.rows != 0, "heads and keys");
    expect(queries.columns == std::size_t{plan.heads} * plan.dim_k, "queries");
    expect(kv.keys.columns == std::size_t{plan.kv_heads} * plan.dim_k && kv.keys.rows <= kMostKeys, "keys");
    expect(kv.values.columns == std::size_t{plan.kv_heads} * plan.dim_v && kv.values.rows == kv.keys.rows, "values");
    expect(pass.first_position + queries.rows <= kv.keys.rows, "positions");
    expect(extras.chosen == nullptr || extras.chosen->fits(queries.rows, kv.keys.rows), "keys that are chosen");
    if (extras.beside != nullptr) check_beside(plan, *extras.beside, queries.rows);
    expect(extras.sinks.empty() || extras.sinks.size() == plan.heads, "attention sinks");
    expect(extras.relative_bias.empty() || (fits_buckets(plan.relative_buckets) &&
                                            extras.relative_bias.size() / plan.heads >= plan.relative_buckets),
           "relative biases");
    expect(plan.window.type != model::WindowType::chunked || plan.window.size != 0, "chunks");
}

}  // namespace attnx::forward
