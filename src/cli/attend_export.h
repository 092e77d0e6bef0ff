// cli: attention maps written to files while they are computed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "attnx/report/attend.h"
#include "attnx/trace/sink.h"

namespace attnx::cli {

// Which maps go into a file and what to call them.
struct ExportPlan {
    view::ModelRef model;
    std::string file_type;                           // "q4_K, f32": tensor types of the attention weights
    std::vector<report::AttendedToken> tokens;
    std::vector<std::uint32_t> layers;               // ascending
    std::vector<std::vector<std::uint32_t>> heads;   // of each layer, ascending
    std::vector<std::uint32_t> windows;              // of each layer; 0: none
};

// A sink that writes a file beside FILE and renames it when finish() is called, so that FILE is whole or not there.
// FILE.json says what is in it: model, types, tokens, layers, heads.
class Export : public trace::Sink {
public:
    // By the ending of `path`: .npy (float32 [layers, heads, tokens, tokens]; layers must have equally many heads chosen) or .csv (a
    // line per visible pair). Throws usage for other endings and unequal heads, write_failed.
    static std::unique_ptr<Export> open(const std::string& path, ExportPlan plan);
    virtual void finish() = 0;
};

}  // namespace attnx::cli
