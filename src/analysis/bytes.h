// Sums and products of bytes that throw where 64 bits end.
#pragma once

#include <cstdint>

#include "attnx/base/checked.h"
#include "attnx/base/error.h"

namespace attnx::analysis {

[[noreturn]] inline void bytes_overflow() {
    throw Error(ErrorCode::overflow, "the memory of this context does not fit in 64 bits");
}

inline std::uint64_t times(std::uint64_t a, std::uint64_t b) {
    const auto product = checked_multiply(a, b);
    if (!product) bytes_overflow();
    return *product;
}

inline std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
    const auto sum = checked_add(a, b);
    if (!sum) bytes_overflow();
    return *sum;
}

}  // namespace attnx::analysis
