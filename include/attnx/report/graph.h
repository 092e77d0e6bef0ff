// report: attention as a network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/analysis/attention_graph.h"
#include "attnx/base/findings.h"
#include "attnx/view/document.h"

namespace attnx::report {

struct GraphAnswer {
    std::vector<view::Cell> labels = {};  // of the nodes: tokens or other text; none: their numbers
    const analysis::SquareMatrix* matrix = nullptr;
    analysis::GraphOptions options = {};
    std::vector<double> sweep = {};
    std::optional<std::uint32_t> layer = {}, head = {};  // nothing: not of a model; the mean of heads
    std::uint32_t head_count = 0;
    bool source_columns = false;     // source, target instead of src, dst
    std::string_view numerics = {};  // in which the model was executed; empty: none was
    Findings findings = {};
};

// Holds a view::Network, which is what files of networks are written from. Throws bad_value unless there are as many
// labels as nodes, or none.
view::Document graph(const std::optional<view::ModelRef>& model, const GraphAnswer& answer);

}  // namespace attnx::report
