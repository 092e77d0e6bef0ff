#include "delta_rule.h"

#include <cmath>

namespace attnx::forward {

namespace {

// One token of one head; `memory`: [dim, dim], row = value channel. All spans but memory have dim elements.
void step(std::span<float> memory, std::span<const float> q, std::span<const float> k, std::span<const float> v,
          std::span<const float> decay, float beta, std::span<float> out) {
    const std::size_t dim = out.size();
    const float scale = 1.0F / std::sqrt(static_cast<float>(dim));
    for (std::size_t j = 0; j < dim; ++j) {
        float* row = memory.data() + j * dim;
        float recalled = 0.0F;
        for (std::size_t i = 0; i < dim; ++i) {
            row[i] *= decay[i];
            recalled += row[i] * k[i];
        }
        const float correction = beta * (v[j] - recalled);
        float read = 0.0F;
        for (std::size_t i = 0; i < dim; ++i) {
            row[i] += correction * k[i];
            read += row[i] * q[i];
        }
        out[j] = read * scale;
    }
}

}  // namespace

Matrix delta_rule(const DeltaInput& in, std::vector<float>& memory, Workers& workers) {
    const std::size_t dim = in.dim;
    const std::size_t shared = share(in.heads, in.key_heads, "heads of a delta rule");
    const std::size_t size = product({dim, dim}, "the memory of a delta rule");
    if (memory.empty()) memory.assign(product({in.heads, size}, "the memory of a delta rule"), 0.0F);
    Matrix out(in.v.rows, in.heads * dim);
    const bool per_channel = in.decay.columns == in.heads * dim;
    workers.parallel(in.heads, [&](std::size_t head, unsigned) {
        const std::size_t key_head = in.interleaved ? head / shared : head % in.key_heads;
        const std::span<float> own = part(std::span(memory), head * size, size, "the memory of a delta rule");
        std::vector<float> decay(dim);
        for (std::size_t t = 0; t < in.v.rows; ++t) {
            const auto logs = per_channel ? in.decay.part(t, head * dim, dim) : in.decay.part(t, head, 1);
            for (std::size_t i = 0; i < dim; ++i) decay[i] = i == 0 || per_channel ? std::exp(logs[i]) : decay[0];
            step(own, in.q.part(t, key_head * dim, dim), in.k.part(t, key_head * dim, dim),
                 in.v.part(t, head * dim, dim), decay, in.beta.part(t, head, 1).front(), out.part(t, head * dim, dim));
        }
    });
    return out;
}

}  // namespace attnx::forward
