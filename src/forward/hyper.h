// Hyper-connections (arXiv 2409.19606): the residual stream is several streams side by side. Each branch reads a
// mixture of them and is added to each with a weight of its own; both are made of the streams themselves, per token.
#pragma once

#include <cstddef>
#include <memory>

#include "attnx/model/graph.h"
#include "kernel.h"
#include "mixers/handed_on.h"
#include "traced.h"
#include "weights.h"

namespace attnx::forward {

// Around which branch, or behind the last one.
enum class StreamPlace : std::uint8_t { mixer, feed_forward, head };

class StreamMixer {
public:
    virtual ~StreamMixer() = default;
    // streams: [tokens, count * width]. What the branch reads, [tokens, width]; the weights that it is added with stay
    // behind for write().
    virtual Traced read(const Traced& streams, HandedOn& handed, Workers& workers) = 0;
    virtual void write(Traced& streams, const Traced& branch) const = 0;
};

// Of the graph's hyper-connections.
std::unique_ptr<StreamMixer> make_stream_mixer(const model::Graph& graph, const Tensors& tensors, StreamPlace place);
std::unique_ptr<StreamMixer> make_low_rank_mixer(const model::Graph& graph, const Tensors& tensors, StreamPlace place);

Traced spread_streams(const Traced& embedding, std::size_t count);
Traced mean_of_streams(const Traced& streams, std::size_t count);
// weights: [tokens, count]; empty: the first stream.
Traced mixture_of_streams(const Traced& streams, const Matrix& weights, std::size_t count);

}  // namespace attnx::forward
