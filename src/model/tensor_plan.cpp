#include "attnx/model/tensor_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "attnx/base/checked.h"

namespace attnx::model {
namespace {

std::string place_prefix(TensorPlace place) {
    switch (place.stack) {
        case Stack::none: return {};
        case Stack::trunk: return fmt::format("blk.{}.", place.layer);
        case Stack::encoder: return fmt::format("enc.blk.{}.", place.layer);
        case Stack::decoder: return fmt::format("dec.blk.{}.", place.layer);
        case Stack::posnet: return fmt::format("posnet.{}.", place.layer);
        case Stack::convnext: return fmt::format("convnext.{}.", place.layer);
        case Stack::vision: return fmt::format("v.blk.{}.", place.layer);
        case Stack::audio: return fmt::format("a.blk.{}.", place.layer);
        case Stack::lilicorr: return fmt::format("lilicorr.layers.{}.", place.layer);
    }
    return {};
}

auto order(TensorPlace place, Stem stem, Suffix suffix) { return std::tuple(place, stem, suffix); }
auto order(const PlannedTensor& tensor) { return order(tensor.place, tensor.stem, tensor.suffix); }

}  // namespace

std::string tensor_name(TensorPlace place, Stem stem, Suffix suffix) {
    std::string name = place_prefix(place);
    name += to_string(stem);
    if (suffix != Suffix::none) {
        name += '.';
        name += to_string(suffix);
    }
    return name;
}

std::string tensor_name(const PlannedTensor& tensor) { return tensor_name(tensor.place, tensor.stem, tensor.suffix); }

std::string shape_text(const PlannedTensor& tensor) {
    std::string text = "[";
    for (std::uint8_t i = 0; i < tensor.dimensions; ++i) {
        if (i > 0) text += ", ";
        text += tensor.shape[i] == UINT64_MAX ? "?" : std::to_string(tensor.shape[i]);
    }
    return text + "]";
}

std::uint64_t PlannedTensor::elements() const {
    std::uint64_t product = 1;
    for (const std::uint64_t dim : shape) product = checked_multiply(product, dim).value_or(UINT64_MAX);
    return product;
}

void TensorPlan::index() {
    sorted_.resize(tensors.size());
    for (std::uint32_t i = 0; i < sorted_.size(); ++i) sorted_[i] = i;
    std::ranges::stable_sort(sorted_, {}, [&](std::uint32_t i) { return order(tensors[i]); });
}

const PlannedTensor* TensorPlan::find(TensorPlace place, Stem stem, Suffix suffix) const {
    const auto wanted = order(place, stem, suffix);
    const auto found =
        std::ranges::lower_bound(sorted_, wanted, {}, [&](std::uint32_t i) { return order(tensors[i]); });
    if (found == sorted_.end() || order(tensors[*found]) != wanted) return nullptr;
    return &tensors[*found];
}

}  // namespace attnx::model
