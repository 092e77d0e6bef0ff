// Gated short convolution (LFM2): y = out(c * conv(b * x)) with b, c, x = in(input).
#include <utility>

#include "../ops/matmul.h"
#include "conv.h"
#include "heads.h"
#include "mixer.h"

namespace attnx::forward {

namespace {

class ShortConv : public Mixer {
public:
    explicit ShortConv(const MixerParts& parts)
        : in_(parts.tensors.linear(Stem::shortconv_in_proj, parts.graph.width, kAny)),
          out_(parts.tensors.linear(Stem::shortconv_out_proj, share(in_.weight.outputs, 3, in_.name),
                                    parts.graph.width)),
          conv_(parts.tensors, Stem::shortconv_conv, out_.weight.inputs, false),
          causal_(parts.plan.attention.causal) {}

    Traced run(const Matrix& x, Pass& pass) override {
        if (pass.weights_only) return {};
        const Matrix bcx = applied(in_, x, pass.workers);
        const std::size_t n = conv_.channels();
        Matrix gated = columns_of(bcx, 2 * n, n);
        for (std::size_t t = 0; t < gated.rows; ++t) multiply(gated.row(t), bcx.part(t, 0, n));
        Matrix y = causal_ ? conv_.run(gated) : conv_.run_centred(gated);
        for (std::size_t t = 0; t < y.rows; ++t) multiply(y.row(t), bcx.part(t, n, n));
        return applied(out_, y, pass.workers);
    }
    void reset() override { conv_.reset(); }

private:
    Linear in_, out_;
    TimeConv conv_;
    bool causal_;
};

}  // namespace

std::unique_ptr<Mixer> make_short_conv(const MixerParts& parts) { return std::make_unique<ShortConv>(parts); }

}  // namespace attnx::forward
