// A plain GGUF version 3 writer, little-endian: just enough for the sample model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attnx::tools {

enum class StoredAs : std::uint32_t { f32 = 0, f16 = 1, q8_0 = 8 };

class GgufWriter {
public:
    void key(std::string_view name, std::uint32_t value);
    void key(std::string_view name, float value);
    void key(std::string_view name, bool value);
    void key(std::string_view name, std::string_view value);
    void key(std::string_view name, const std::vector<std::uint32_t>& values);
    void key(std::string_view name, const std::vector<std::int32_t>& values);
    void key(std::string_view name, const std::vector<float>& values);
    void key(std::string_view name, const std::vector<std::string>& values);

    // shape is fastest first, as stored: {inputs, outputs}; values are row-major, one row per output.
    // For q8_0 the first dimension must be a multiple of 32.
    void tensor(std::string_view name, std::vector<std::uint64_t> shape, StoredAs type,
                const std::vector<float>& values);

    std::string bytes() const;

private:
    struct Tensor {
        std::string name;
        std::vector<std::uint64_t> shape;
        StoredAs type;
        std::string data;
    };
    void begin(std::string_view name, std::uint32_t type);
    void begin_array(std::string_view name, std::uint32_t element_type, std::uint64_t size);

    std::uint64_t key_count_ = 0;
    std::string keys_;
    std::vector<Tensor> tensors_;
};

}  // namespace attnx::tools
