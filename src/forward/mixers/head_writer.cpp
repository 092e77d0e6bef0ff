#include "head_writer.h"

#include <algorithm>

#include "../ops/matmul.h"

namespace attnx::forward {

HeadWriter::HeadWriter(const Linear& output, std::uint32_t heads, std::span<const float> gain, const WeightStack* up,
                       bool gated)
    : output_(&output),
      dim_(share(output.weight.inputs, heads, "the inputs of attention's output")),
      gain_(gain),
      up_(up),
      gated_(gated) {}

void HeadWriter::write(std::uint32_t head, std::span<const float> vectors, std::span<float> out,
                       Workers& workers) const {
    const std::size_t outputs = output_->weight.outputs;
    const std::size_t count = share(out.size(), outputs, "what a head adds");
    Matrix x(count, count == 0 ? 0 : share(vectors.size(), count, "vectors of a head"));
    copy(vectors, x.values);
    if (up_ != nullptr) {
        Matrix values(count, dim_);
        multiply_columns(up_->at(head), 0, x.all(), values.all(), workers);
        x = std::move(values);
    }
    if (x.columns != dim_) outside(0, x.columns, dim_, "dimensions of a head");
    if (!gain_.empty())
        for (std::size_t i = 0; i < count; ++i) multiply(x.row(i), part(gain_, head * dim_, dim_, "gains of a head"));
    const Strip<float> y{out.data(), count, outputs, outputs};
    multiply_columns(output_->weight, head * dim_, x.all(), y, workers);
    for (float& value : out) value *= output_->scale;
}

}  // namespace attnx::forward
