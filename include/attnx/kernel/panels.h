// kernel: products of rows with a matrix that is used by many rows: the keys and the values of attention.
//
// The matrix is laid out in panels, so that neighbours in a register are neighbours in what comes out, and no register
// has to be added up. Sums are taken in the order of dot_products, to the last bit.
#pragma once

#include <cstddef>

#include "attnx/base/simd.h"
#include "attnx/kernel/dot.h"
#include "attnx/kernel/floats.h"
#include "attnx/kernel/matrix.h"
#include "attnx/kernel/rest.h"

namespace attnx::kernel {

class Panels {
public:
    static constexpr std::size_t kWidth = 64;  // outputs of a panel
    static constexpr std::size_t kSums = 32;   // partial sums of an output

    // For products with rows (outputs are as many as rows), or sums of rows (as many as columns). Room only: every
    // panel is to be packed. Throw bad_dimensions when there are too many.
    void resize_for_products(std::size_t rows, std::size_t columns);
    void resize_for_sums(std::size_t rows, std::size_t columns);

    std::size_t count() const { return (outputs_ + kWidth - 1) / kWidth; }
    // From the matrix whose size was told. Throws bad_dimensions if this is another.
    void pack(Strip<const float> rows, std::size_t panel);

    // y[t][o] = the sum over k of x[t][k] * element k of output first_output + o; x has elements from first_element on.
    // Both are where sums and panels begin: multiples of kSums and of kWidth. Throws bad_dimensions when the sizes do
    // not go together. `simd` must not exceed best_simd().
    void multiply(Strip<const float> x, std::size_t first_element, std::size_t first_output, Strip<float> y, Rest rest,
                  Simd simd, LastSums last = LastSums::neighbours) const;

private:
    void resize(std::size_t outputs, std::size_t elements, bool of_rows);
    // Where element k of the outputs of a panel lies, side by side.
    std::size_t place(std::size_t panel, std::size_t k) const {
        return panel * panel_size_ + k % kSums * place_stride_ + k / kSums * kWidth;
    }

    std::size_t outputs_ = 0, elements_ = 0;
    bool of_rows_ = false;
    std::size_t panel_size_ = 0, place_stride_ = 0;
    Floats values_;
};

}  // namespace attnx::kernel
