// Rows of quantised numbers as whole ones, unpacked where they are multiplied.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "../kernel.h"
#include "attnx/tensor/integers.h"

namespace attnx::forward {

// Memory to reuse, of one thread.
class IntegerScratch {
public:
    struct Stored {
        gguf::TensorType type;
        std::endian order = std::endian::native;
    };

    // bytes_of(i): the blocks of row i, `width` numbers. What is returned refers to this.
    template <class BytesOf>
    IntegerRows read(const IntegerForm& form, Stored stored, std::size_t count, std::size_t width,
                     const BytesOf& bytes_of) {
        const std::size_t sections = width / form.section, groups = form.group != 0 ? width / form.group : 0,
                          whole = sections * minima_per_section(form),
                          floats = form.minima != Minima::none ? sections : 0;
        codes_.resize(count * width);
        factors_.resize(count * groups);
        scales_.resize(count * sections * form.scales);
        minima_.resize(count * whole);
        minimum_scales_.resize(count * floats);
        for (std::size_t i = 0; i < count; ++i)
            tensor::unpack_integers(
                stored.type, bytes_of(i),
                {codes_.data() + i * width, factors_.data() + i * groups, scales_.data() + i * sections * form.scales,
                 minima_.data() + i * whole, minimum_scales_.data() + i * floats},
                stored.order);
        return {count, width, codes_.data(), factors_.data(), scales_.data(), minimum_scales_.data(), minima_.data()};
    }
    // The same of rows whose blocks follow each other.
    IntegerRows read_adjacent(const IntegerForm& form, Stored stored, std::size_t count, std::size_t width,
                              std::span<const std::byte> blocks) {
        IntegerRows rows = read(form, stored, 1, count * width, [&](std::size_t) { return blocks; });
        rows.rows = count;
        rows.columns = width;
        return rows;
    }
    IntegerRoom room;

private:
    std::vector<std::int8_t> codes_, factors_;
    std::vector<float> scales_, minimum_scales_;
    std::vector<std::int16_t> minima_;
};

}  // namespace attnx::forward
