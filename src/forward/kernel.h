// What the forward pass has from the kernel.
#pragma once

#include "attnx/kernel/dot.h"
#include "attnx/kernel/exp.h"
#include "attnx/kernel/floats.h"
#include "attnx/kernel/fused.h"
#include "attnx/kernel/in_turn.h"
#include "attnx/kernel/matrix.h"
#include "attnx/kernel/rest.h"
#include "attnx/kernel/workers.h"

namespace attnx::forward {

using kernel::add;
using kernel::add_into;
using kernel::copy;
using kernel::dot_products;
using kernel::exp_shifted;
using kernel::Floats;
using kernel::fused;
using kernel::InTurn;
using kernel::largest;
using kernel::Matrix;
using kernel::multiply;
using kernel::Rest;
using kernel::scale_by;
using kernel::silu_all;
using kernel::Strip;
using kernel::Workers;

}  // namespace attnx::forward
