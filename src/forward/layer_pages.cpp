#include "layer_pages.h"

#include <fmt/format.h>

#include <string>

namespace attnx::forward {

LayerPages::LayerPages(const gguf::File& file, const model::Graph& graph) : file_(&file), tensors_(graph.layers.size()) {
    for (std::size_t i = 0; i < graph.layers.size(); ++i) {
        const std::string prefix = fmt::format("{}blk.{}.", graph.tensor_prefix, graph.layers[i].weights_of);
        for (const gguf::TensorInfo& info : file.tensors())
            if (info.name.starts_with(prefix)) tensors_[i].push_back(&info);
    }
}

void LayerPages::expect(std::size_t layer) const {
    if (layer >= tensors_.size()) return;
    for (const gguf::TensorInfo* info : tensors_[layer]) file_->will_read(*info);
}

void LayerPages::done_with(std::size_t layer) const {
    for (const gguf::TensorInfo* info : tensors_[layer]) file_->done_with(*info);
}

}  // namespace attnx::forward
