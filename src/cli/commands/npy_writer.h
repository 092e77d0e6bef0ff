// cli: numbers written for NumPy, whatever the byte order of this machine. Private to cli.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "attnx/io/output_files.h"
#include "attnx/view/npy.h"

namespace attnx::cli {

// float32 of the shape, slowest dimension first. What is never written is 0. Throws write_failed.
class NpyWriter {
public:
    NpyWriter(io::OutputFile& file, const std::vector<std::uint64_t>& shape) : file_(file) {
        const std::string header = view::npy_header(shape);
        std::uint64_t values = 1;
        for (const std::uint64_t extent : shape) values *= extent;
        file_.write(header);
        data_offset_ = header.size();
        file_.extend_to(data_offset_ + values * sizeof(float));
    }

    // The next ones, or those from the given one on.
    void write(std::span<const float> values) {
        if constexpr (std::endian::native == std::endian::big) {
            swapped_.assign(values.begin(), values.end());
            for (float& value : swapped_)
                value = std::bit_cast<float>(__builtin_bswap32(std::bit_cast<std::uint32_t>(value)));
            values = swapped_;
        }
        file_.write(values.data(), values.size_bytes());
    }
    void write_at(std::uint64_t first, std::span<const float> values) {
        file_.seek(data_offset_ + first * sizeof(float));
        write(values);
    }

private:
    io::OutputFile& file_;
    std::uint64_t data_offset_ = 0;
    std::vector<float> swapped_;
};

}  // namespace attnx::cli
