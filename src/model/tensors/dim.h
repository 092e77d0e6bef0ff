// A dimension as the formulas of tensor shapes work it out. What does not fit, is negative or is divided by zero
// becomes `impossible`, which no tensor of a file has.
#pragma once

#include <cstdint>

#include "attnx/base/checked.h"

namespace attnx::model {

class Dim {
public:
    constexpr Dim() = default;
    constexpr Dim(std::uint64_t value) : value_(value) {}  // NOLINT: numbers are dimensions

    static constexpr Dim impossible() { return Dim(kImpossible); }
    constexpr bool possible() const { return value_ != kImpossible; }
    constexpr std::uint64_t value() const { return value_; }
    constexpr explicit operator bool() const { return value_ != 0; }

    friend constexpr Dim operator+(Dim a, Dim b) {
        return a.possible() && b.possible() && a.value_ <= kImpossible - b.value_ ? Dim(a.value_ + b.value_)
                                                                                  : impossible();
    }
    friend constexpr Dim operator-(Dim a, Dim b) {
        return a.possible() && b.possible() && a.value_ >= b.value_ ? Dim(a.value_ - b.value_) : impossible();
    }
    friend constexpr Dim operator*(Dim a, Dim b) {
        if (!a.possible() || !b.possible()) return impossible();
        return a.value_ == 0 || b.value_ <= kImpossible / a.value_ ? Dim(a.value_ * b.value_) : impossible();
    }
    friend constexpr Dim operator/(Dim a, Dim b) {
        return a.possible() && b.possible() && b.value_ != 0 ? Dim(a.value_ / b.value_) : impossible();
    }
    friend constexpr auto operator<=>(Dim, Dim) = default;

private:
    static constexpr std::uint64_t kImpossible = UINT64_MAX;
    std::uint64_t value_ = 0;
};

}  // namespace attnx::model
