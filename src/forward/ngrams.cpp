#include "ngrams.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "attnx/base/error.h"
#include "mixers/heads.h"
#include "ops/activation.h"
#include "ops/matmul.h"

namespace attnx::forward {

NgramTable::NgramTable(const model::NgramPlan& plan, const Tensors& model_tensors)
    : plan_(plan), table_(model_tensors.matrix(Stem::per_layer_token_embd, plan.width, kAny)) {
    const std::size_t heads = plan.size < 2 ? 0 : product({plan.size - 1, plan.heads}, "n-grams of a token");
    const bool fits = heads != 0 && plan.multipliers.size() == plan.size && plan.buckets.size() == heads &&
                      plan.offsets.size() == heads;
    if (!fits)
        throw Error(
            ErrorCode::bad_value,
            fmt::format("n-grams of {} tokens, {} hashes of each length: {} multipliers, {} sizes, {} offsets",
                        plan.size, plan.heads, plan.multipliers.size(), plan.buckets.size(), plan.offsets.size()));
    for (std::size_t h = 0; h < heads; ++h) {
        const std::uint64_t end = add_up(plan.offsets[h], plan.buckets[h]);
        if (plan.buckets[h] == 0 || end > table_.outputs)
            throw Error(ErrorCode::bad_value,
                        fmt::format("n-grams are hashed to rows {} to {} of {}", plan.offsets[h], end, table_.outputs));
    }
}

std::size_t NgramTable::columns() const { return product({plan_.buckets.size(), plan_.width}, "n-grams of a token"); }

std::optional<std::uint64_t> NgramTable::mapped(std::uint32_t token) const {
    if (plan_.token_map.empty()) return token;
    if (token >= plan_.token_map.size()) return std::nullopt;
    const std::uint64_t id = plan_.token_map[token];
    return static_cast<std::int64_t>(id) < 0 ? std::nullopt : std::optional(id);
}

// The token at tokens[last] and those before it, backwards; what is beyond one that ends them is filled.
std::vector<std::uint64_t> NgramTable::context(std::span<const std::uint32_t> tokens, std::size_t last) const {
    std::vector<std::uint64_t> ids(plan_.size, plan_.filler);
    for (std::size_t back = 0; back < ids.size() && back <= last; ++back) {
        const auto id = mapped(tokens[last - back]);
        if (!id || (back > 0 && id == plan_.stop)) break;
        ids[back] = *id;
    }
    return ids;
}

Matrix NgramTable::look_up(std::span<const std::uint32_t> tokens) {
    std::vector<std::uint32_t> all = earlier_;
    all.insert(all.end(), tokens.begin(), tokens.end());
    Matrix rows(tokens.size(), columns());
    for (std::size_t t = 0; t < tokens.size(); ++t) {
        const std::vector<std::uint64_t> ids = context(all, earlier_.size() + t);
        std::uint64_t hash = ids[0] * plan_.multipliers[0];
        for (std::size_t length = 1; length < ids.size(); ++length) {
            hash ^= ids[length] * plan_.multipliers[length];
            for (std::size_t i = 0; i < plan_.heads; ++i) {
                const std::size_t head = (length - 1) * plan_.heads + i;
                table_.read(plan_.offsets[head] + hash % plan_.buckets[head], 1,
                            rows.part(t, head * plan_.width, plan_.width));
            }
        }
    }
    const std::size_t kept = std::min<std::size_t>(all.size(), plan_.size - 1);
    earlier_.assign(all.end() - static_cast<std::ptrdiff_t>(kept), all.end());
    return rows;
}

NgramMemory::NgramMemory(const MixerParts& parts)
    : count_(parts.graph.hyper ? parts.graph.hyper->count : 1),
      width_(parts.graph.width),
      rule_{model::NormKind::rms, parts.graph.norm_epsilon, count_},
      table_(*parts.plan.ngrams, parts.model_tensors) {
    const Tensors& tensors = parts.tensors;
    const std::size_t all = product({count_, width_}, "residual streams"), columns = table_.columns();
    (void)share(all, count_, "residual streams");
    if (tensors.has(Stem::engram_kv)) {
        key_value_ = tensors.linear(Stem::engram_kv, columns, product({count_ + 1, width_}, "keys and a value"));
        match_ = tensors.vector(Stem::engram_gate, all);
        return;
    }
    key_ = tensors.linear(Stem::ple_key, columns, all);
    value_ = tensors.linear(Stem::ple_value, columns, width_);
    match_ = tensors.vector(Stem::ple_norm_key, all);
    multiply(match_, tensors.vector(Stem::ple_norm_query, all));
    conv_gains_ = tensors.vector(Stem::ple_norm_conv, all);
    conv_.emplace(tensors, Stem::ple_conv1d, all, false, parts.plan.ngrams->size);
}

void NgramMemory::reset() {
    table_.reset();
    if (conv_) conv_->reset();
}

// How well each stream matches: the product of both, normalised, through a signed root and a sigmoid.
Matrix NgramMemory::gates(const Matrix& streams, const Matrix& keys) const {
    constexpr float kLeast = 1e-6F;
    const Matrix x = normalized(rule_, {}, streams), k = normalized(rule_, {}, keys);
    Matrix gates(streams.rows, count_);
    for (std::size_t t = 0; t < x.rows; ++t) {
        for (std::size_t s = 0; s < count_; ++s) {
            double sum = 0.0;
            for (std::size_t i = s * width_; i < (s + 1) * width_; ++i)
                sum += static_cast<double>(x.row(t)[i] * k.row(t)[i] * match_[i]);
            const float dot = static_cast<float>(sum) / std::sqrt(static_cast<float>(width_));
            gates.row(t)[s] = sigmoid(std::copysign(std::sqrt(std::max(std::abs(dot), kLeast)), dot));
        }
    }
    return gates;
}

void NgramMemory::add_to(Traced& streams, Pass& pass) {
    const Matrix rows = table_.look_up(pass.tokens);
    Matrix keys, values;
    if (key_value_) {
        const Matrix both = applied(key_value_, rows, pass.workers);
        keys = columns_of(both, 0, streams.columns);
        values = columns_of(both, streams.columns, width_);
    } else {
        keys = applied(key_, rows, pass.workers);
        values = applied(value_, rows, pass.workers);
    }
    const Matrix gate = gates(streams, keys);
    Matrix added(streams.rows, streams.columns);
    for (std::size_t t = 0; t < added.rows; ++t)
        for (std::size_t i = 0; i < added.columns; ++i)
            added.row(t)[i] = values.row(t)[i % width_] * gate.row(t)[i / width_];
    add_into(streams, written(pass.tape, {}, added));
    if (!conv_) return;
    Matrix normed = normalized(rule_, {}, added);
    for (std::size_t t = 0; t < normed.rows; ++t) multiply(normed.row(t), conv_gains_);
    Matrix convolved = conv_->run(normed);
    for (float& v : convolved.values) v = silu(v);
    add_into(streams, written(pass.tape, {}, std::move(convolved)));
}

}  // namespace attnx::forward
