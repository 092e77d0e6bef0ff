// cli: attention maps written to files while they are computed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/io/output_files.h"
#include "attnx/report/attend.h"
#include "attnx/trace/sink.h"

namespace attnx::cli {

// Which maps go into a file and what to call them.
struct ExportPlan {
    view::ModelRef model;
    std::string file_type;  // "q4_K, f32": tensor types of the attention weights
    std::vector<study::Token> tokens;
    std::vector<std::uint32_t> layers;              // ascending
    std::vector<std::vector<std::uint32_t>> heads;  // of each layer, ascending
    std::vector<std::uint32_t> windows;             // of each layer; 0: none
};

// A sink that writes one file, and in finish() another that says what is in it: model, types, tokens, layers, heads.
class Export : public trace::Sink {
public:
    // Throws usage unless the name ends as one of the formats.
    static void check_name(std::string_view path);

    // By the ending of the file's name: .npy (float32 [layers, heads, tokens, tokens]; layers must have equally many
    // heads chosen) or .csv (a line per visible pair). Both files must outlive it. Throws usage for unequal heads,
    // write_failed.
    static std::unique_ptr<Export> open(io::OutputFile& file, io::OutputFile& description, ExportPlan plan);
    virtual void finish() = 0;
};

}  // namespace attnx::cli
