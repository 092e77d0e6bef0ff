// cli: attention maps written to files while they are computed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "attnx/report/attend.h"
#include "attnx/trace/sink.h"
#include "file_outputs.h"

namespace attnx::cli {

// Which maps go into a file and what to call them.
struct ExportPlan {
    view::ModelRef model;
    std::string numerics;   // forward::kNumerics
    std::string file_type;  // "q4_K, f32": tensor types of the attention weights
    std::vector<study::Token> tokens;
    std::vector<std::uint32_t> layers;              // ascending
    std::vector<std::vector<std::uint32_t>> heads;  // of each layer, ascending
    std::vector<std::uint32_t> windows;             // of each layer; 0: none
};

// A sink that writes one file, by the output that its ending stands for: [layers, heads, tokens, tokens]; and in
// finish() another that says what is in it: model, types, tokens, layers, heads.
class Export final : public trace::Sink {
public:
    // Both files must outlive it. Throws usage where layers have unequally many heads chosen and the output wants one
    // shape; write_failed.
    Export(io::OutputFile& file, io::OutputFile& description, ExportPlan plan);

    bool wants_attention(std::uint32_t layer) override;
    void attention(const trace::AttentionRows& rows) override;
    void finish();

private:
    ExportPlan plan_;
    io::OutputFile& file_;
    io::OutputFile& description_;
    FileSink sink_;
    bool one_shape_ = true;  // all layers have as many heads
    std::unique_ptr<view::NumberStream> stream_;
};

}  // namespace attnx::cli
