// What the forward pass has from the kernel.
#pragma once

#include <optional>

#include "attnx/forward/cache_types.h"
#include "attnx/forward/numerics.h"
#include "attnx/kernel/dot.h"
#include "attnx/kernel/eights.h"
#include "attnx/kernel/exp.h"
#include "attnx/kernel/flash.h"
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
using kernel::last_sums_of;
using kernel::LastSums;
using kernel::Matrix;
using kernel::multiply;
using kernel::Panels;
using kernel::Rest;
using kernel::round_floats;
using kernel::scale_by;
using kernel::silu_all;
using kernel::Strip;

// Threads, and in which arithmetic they compute.
class Workers : public kernel::Workers {
public:
    explicit Workers(unsigned threads, Simd simd = best_simd(), Numerics numerics = Numerics::floats,
                     std::optional<CacheTypes> cache = {})
        : kernel::Workers(threads, simd), numerics_(numerics), cache_(cache.value_or(default_cache(numerics))) {}

    Numerics numerics() const { return numerics_; }
    const CacheTypes& cache() const { return cache_; }

private:
    Numerics numerics_;
    CacheTypes cache_;
};

}  // namespace attnx::forward
