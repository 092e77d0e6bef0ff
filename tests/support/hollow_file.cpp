#include "support/hollow_file.h"

#include <fmt/format.h>

namespace attnx::test {
namespace {

constexpr std::uint64_t kHollowAlignment = 32;

}  // namespace

HollowFile& HollowFile::tensor(std::string name, std::string_view type, std::vector<std::uint64_t> dimensions) {
    const std::uint64_t bytes = tensor_bytes(type, dimensions);
    return tensor(std::move(name), tensor_type_id(type), bytes, std::move(dimensions));
}

HollowFile& HollowFile::tensor(std::string name, std::uint32_t type, std::uint64_t bytes,
                               std::vector<std::uint64_t> dimensions) {
    builder_.raw_tensor({.name = std::move(name),
                         .dimensions = std::move(dimensions),
                         .type = type,
                         .offset = data_bytes_,
                         .bytes = 0,
                         .fill = {},
                         .dimension_count = {}});
    data_bytes_ = (data_bytes_ + bytes + kHollowAlignment - 1) / kHollowAlignment * kHollowAlignment;
    return *this;
}

HollowFile& HollowFile::vocabulary(std::uint32_t tokens) {
    constexpr std::uint32_t kControl = 3;
    std::vector<std::string> pieces = {"<unk>", "<s>", "</s>"};
    std::vector<std::int32_t> types = {2, 3, 3};
    for (std::uint32_t i = kControl; i < tokens; ++i) {
        const bool byte = i < kControl + 256 && tokens >= kControl + 256;
        pieces.push_back(byte ? fmt::format("<0x{:02X}>", i - kControl) : fmt::format("t{}", i));
        types.push_back(byte ? 6 : 1);
    }
    key("tokenizer.ggml.model", "llama");
    key("tokenizer.ggml.tokens", pieces);
    key("tokenizer.ggml.scores", std::vector<float>(tokens, 0.0F));
    return key("tokenizer.ggml.token_type", types);
}

std::uint64_t HollowFile::write(const std::filesystem::path& path) const {
    builder_.write(path);
    const std::uint64_t size = builder_.data_offset() + data_bytes_;
    std::filesystem::resize_file(path, size);
    return size;
}

}  // namespace attnx::test
