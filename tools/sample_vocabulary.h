// The sample model's vocabulary: SentencePiece style, with bytes, letters and a few whole words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attnx::tools {

struct Vocabulary {
    std::vector<std::string> tokens;
    std::vector<float> scores;
    std::vector<std::int32_t> types;  // llama.cpp: 1 normal, 2 unknown, 3 control, 6 byte
    std::uint32_t unknown = 0, bos = 1, eos = 2;
};

Vocabulary sample_vocabulary();

}  // namespace attnx::tools
