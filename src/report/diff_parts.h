// report: the parts of `diff`. Each adds its blocks and says whether nothing differs.
#pragma once

#include "attnx/report/diff.h"

namespace attnx::report {

using Blocks = std::vector<view::Block>;

bool add_geometry(Blocks& blocks, const model::ModelSpec& a, const model::ModelSpec& b);  // diff_geometry.cpp
bool add_metadata(Blocks& blocks, const analysis::MetadataDifferences& differences);
bool add_tensors(Blocks& blocks, const Diff& compared);
bool add_attention(Blocks& blocks, const study::Compared& attention, double tolerance);  // diff_attention.cpp

}  // namespace attnx::report
