#include "delta_rule.h"

#include <cmath>

namespace attnx::forward {

namespace {

// One token of one head; s: [dim, dim], row = value channel.
void step(float* s, std::size_t dim, const float* q, const float* k, const float* v, const float* decay, float beta, float* out) {
    const float scale = 1.0F / std::sqrt(static_cast<float>(dim));
    for (std::size_t j = 0; j < dim; ++j) {
        float* row = s + j * dim;
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
    if (memory.empty()) memory.assign(in.heads * dim * dim, 0.0F);
    Matrix out(in.v.rows, in.heads * dim);
    const bool per_channel = in.decay.columns == in.heads * dim;
    workers.parallel(in.heads, [&](std::size_t head, unsigned) {
        const std::size_t key_head = in.interleaved ? head / (in.heads / in.key_heads) : head % in.key_heads;
        std::vector<float> decay(dim);
        for (std::size_t t = 0; t < in.v.rows; ++t) {
            const float* logs = in.decay.row(t) + (per_channel ? head * dim : head);
            for (std::size_t i = 0; i < dim; ++i) decay[i] = i == 0 || per_channel ? std::exp(logs[i]) : decay[0];
            step(memory.data() + head * dim * dim, dim, in.q.row(t) + key_head * dim, in.k.row(t) + key_head * dim,
                 in.v.row(t) + head * dim, decay.data(), in.beta.row(t)[head], out.row(t) + head * dim);
        }
    });
    return out;
}

}  // namespace attnx::forward
