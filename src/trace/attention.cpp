#include "attnx/trace/attention.h"

#include <algorithm>
#include <cstddef>

namespace attnx::trace {

namespace {

std::size_t square(std::uint32_t tokens) { return static_cast<std::size_t>(tokens) * tokens; }

}  // namespace

std::span<const float> AttentionMap::row(std::uint32_t h, std::uint32_t query) const {
    return head(h).subspan(static_cast<std::size_t>(query) * tokens_, tokens_);
}

std::vector<float> AttentionMap::mean(std::span<const std::uint32_t> heads) const {
    std::vector<double> sum(square(tokens_), 0.0);
    for (const std::uint32_t h : heads) {
        const auto from = head(h);
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(from[i]);
    }
    std::vector<float> mean(sum.size());
    std::transform(sum.begin(), sum.end(), mean.begin(),
                   [&](double s) { return static_cast<float>(s / static_cast<double>(heads.size())); });
    return mean;
}

void AttentionMap::widen(std::uint32_t tokens) {
    for (std::vector<float>& head : heads_) {
        std::vector<float> wider(square(tokens), 0.0F);
        for (std::size_t i = 0; i < tokens_; ++i)
            std::copy_n(head.data() + i * tokens_, tokens_, wider.data() + i * tokens);
        head = std::move(wider);
    }
    tokens_ = tokens;
}

void AttentionMap::store(const AttentionRows& rows) {
    const std::uint32_t tokens = std::max({tokens_, rows.key_count, rows.first_query + rows.query_count});
    if (tokens != tokens_) widen(tokens);
    while (heads() <= rows.head) heads_.emplace_back(square(tokens_), 0.0F);
    std::vector<float>& head = heads_[rows.head];
    for (std::uint32_t i = rows.first_query; i < rows.first_query + rows.query_count; ++i)
        std::ranges::copy(rows.row(i), head.data() + std::size_t{i} * tokens_);
    if (rows.compressed_count != 0) store_compressed(rows);
}

void AttentionMap::store_compressed(const AttentionRows& rows) {
    compressed_count_ = std::max(compressed_count_, rows.compressed_count);
    compressed_.resize(heads());
    std::vector<std::vector<float>>& own = compressed_[rows.head];
    own.resize(tokens_);
    for (std::uint32_t i = 0; i < rows.query_count; ++i) {
        const auto told = rows.compressed.subspan(std::size_t{i} * rows.compressed_count, rows.compressed_count);
        own[rows.first_query + i].assign(told.begin(), told.end());
    }
}

std::vector<float> AttentionMap::compressed_row(std::uint32_t h, std::uint32_t query) const {
    std::vector<float> row;
    if (h < compressed_.size() && query < compressed_[h].size()) row = compressed_[h][query];
    row.resize(compressed_count_, 0.0F);
    return row;
}

}  // namespace attnx::trace
