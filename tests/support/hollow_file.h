// A GGUF file of which only the header is written: its data are a hole, however large.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/gguf_builder.h"

namespace attnx::test {

class HollowFile {
public:
    HollowFile& key(std::string name, GgufValue value) {
        builder_.key(std::move(name), std::move(value));
        return *this;
    }
    HollowFile& tensor(std::string name, std::string_view type, std::vector<std::uint64_t> dimensions);
    // Of a type that only its maker knows.
    HollowFile& tensor(std::string name, std::uint32_t type, std::uint64_t bytes,
                       std::vector<std::uint64_t> dimensions);
    // A vocabulary that llama.cpp reads: control tokens, bytes and numbered pieces.
    HollowFile& vocabulary(std::uint32_t tokens);

    // The data of the last tensor are padded, as llama.cpp and its converters do. Returns the size.
    std::uint64_t write(const std::filesystem::path& path) const;

private:
    GgufBuilder builder_;
    std::uint64_t data_bytes_ = 0;
};

}  // namespace attnx::test
