#include "embedding.h"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx::forward {

Embedding::Embedding(const model::Graph& graph, const Tensors& tensors, NormRule rule)
    : graph_(graph),
      rule_(rule),
      tokens_(tensors.matrix(Stem::token_embd, graph.width, kAny)),
      positions_(tensors.optional_matrix(Stem::position_embd, graph.width, kAny)) {
    if (graph.token_types) types_ = tensors.optional_matrix(Stem::token_types, graph.width, kAny);
    if (graph.embedding_norm) norm_ = tensors.optional_norm(Stem::token_embd_norm, graph.width);
}

void Embedding::check(std::span<const std::uint32_t> tokens, std::uint32_t first_position,
                      const std::string& path) const {
    for (const auto id : tokens) {
        if (id >= tokens_.outputs) {
            throw Error(ErrorCode::bad_value,
                        fmt::format("token id {} is outside the vocabulary of {} tokens", id, tokens_.outputs),
                        {path, {}, {}});
        }
    }
    if (positions_ && first_position + tokens.size() > positions_.outputs) {
        throw Error(ErrorCode::bad_value,
                    fmt::format("{} tokens are more than the {} positions the model has learned",
                                first_position + tokens.size(), positions_.outputs),
                    {path, {}, std::string(positions_.tensor->name)});
    }
}

Matrix Embedding::run(std::span<const std::uint32_t> tokens, std::uint32_t first_position) const {
    Matrix x(tokens.size(), tokens_.inputs);
    for (std::size_t t = 0; t < tokens.size(); ++t) tokens_.read(tokens[t], 1, x.row(t));
    scale_by(x, graph_.embedding_scale);
    std::vector<float> more(x.columns);
    for (std::size_t t = 0; t < tokens.size(); ++t) {
        if (types_) {  // all tokens are of the first type
            types_.read(0, 1, more);
            add(x.row(t), more);
        }
        if (positions_) {
            positions_.read(first_position + t, 1, more);
            add(x.row(t), more);
        }
    }
    if (norm_ || graph_.unweighted_embedding_norm) x = normalized(rule_, norm_, x);
    return x;
}

}  // namespace attnx::forward
