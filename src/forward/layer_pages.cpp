#include "layer_pages.h"

namespace attnx::forward {

LayerPages::LayerPages(const gguf::File& file, const model::TensorPlan& plan, const model::Graph& graph)
    : file_(&file), tensors_(graph.layers.size()) {
    for (const model::PlannedTensor& tensor : plan.tensors) {
        if (tensor.place.stack != graph.stack || !tensor.usable()) continue;
        for (std::size_t i = 0; i < graph.layers.size(); ++i)
            if (graph.layers[i].weights_of == tensor.place.layer) tensors_[i].push_back(&file.tensors()[*tensor.index]);
    }
}

void LayerPages::expect(std::size_t layer) const {
    if (layer < tensors_.size()) file_->will_read(tensors_[layer]);
}

void LayerPages::done_with(std::size_t layer) const { file_->done_with(tensors_[layer]); }

}  // namespace attnx::forward
