// report: how large things are along the way through a model.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "attnx/study/states.h"
#include "attnx/view/document.h"

namespace attnx::report {

// What is drawn, layers by tokens.
enum class DrawnSize : std::uint8_t { norm, max, q_norm, k_norm, v_norm };

struct StatesView {
    DrawnSize drawn = DrawnSize::norm;
    bool norm_of_mean = false;  // of keys and values: the length of the mean over heads, not the mean of their lengths
};

// The document refers to what was measured, and keeps it.
view::Document states(const view::ModelRef& model, const std::shared_ptr<const study::MeasuredStates>& measured,
                      const StatesView& view);

}  // namespace attnx::report
