// Which part of the file is in memory: the layer that runs and the next one, so that a model may be larger than the
// machine's memory.
#pragma once

#include <cstddef>
#include <vector>

#include "attnx/gguf/file.h"
#include "attnx/model/graph.h"
#include "attnx/model/tensor_plan.h"

namespace attnx::forward {

class LayerPages {
public:
    LayerPages(const gguf::File& file, const model::TensorPlan& plan, const model::Graph& graph);

    // Asks the operating system to read the layer's weights while others are still in use. Layers past the end: nothing
    // to do.
    void expect(std::size_t layer) const;
    // Gives the layer's pages back; they are read again when touched again.
    void done_with(std::size_t layer) const;

private:
    const gguf::File* file_;
    std::vector<std::vector<const gguf::TensorInfo*>> tensors_;  // by layer of the graph
};

}  // namespace attnx::forward
