// What the forward pass has from the kernel.
#pragma once

#include "attnx/forward/numerics.h"
#include "attnx/kernel/dot.h"
#include "attnx/kernel/eights.h"
#include "attnx/kernel/exp.h"
#include "attnx/kernel/floats.h"
#include "attnx/kernel/fused.h"
#include "attnx/kernel/gelu.h"
#include "attnx/kernel/in_turn.h"
#include "attnx/kernel/integer_products.h"
#include "attnx/kernel/matrix.h"
#include "attnx/kernel/panels.h"
#include "attnx/kernel/rest.h"
#include "attnx/kernel/workers.h"

namespace attnx::forward {

using kernel::add;
using kernel::add_into;
using kernel::add_scaled;
using kernel::copy;
using kernel::dot_products;
using kernel::Eights;
using kernel::exp_shifted;
using kernel::Floats;
using kernel::fused;
using kernel::gelu;
using kernel::gelu_all;
using kernel::integer_products;
using kernel::IntegerRoom;
using kernel::IntegerRows;
using kernel::InTurn;
using kernel::largest;
using kernel::LastSums;
using kernel::Matrix;
using kernel::multiply;
using kernel::Panels;
using kernel::Rest;
using kernel::round_to_bfloat;
using kernel::round_to_half;
using kernel::scale_by;
using kernel::silu_all;
using kernel::Strip;

// Threads, and in which arithmetic they compute.
class Workers : public kernel::Workers {
public:
    explicit Workers(unsigned threads, Simd simd = best_simd(), Numerics numerics = Numerics::floats,
                     bool half_cache = true)
        : kernel::Workers(threads, simd), numerics_(numerics), half_cache_(half_cache) {}

    Numerics numerics() const { return numerics_; }
    // Whether keys and values that llama.cpp keeps in its cache are rounded to half precision.
    bool half_cache() const { return numerics_ == Numerics::llama_cpp && half_cache_; }

private:
    Numerics numerics_;
    bool half_cache_;
};

}  // namespace attnx::forward
