// cli: types of the cache of keys and values, as llama.cpp's command line takes them.
#pragma once

#include <string>
#include <vector>

#include "attnx/cli/options.h"
#include "attnx/study/kv_loss.h"

namespace attnx::cli {

class CacheTypeOptions {
public:
    // -ctk TYPE[,TYPE…], -ctv TYPE[,TYPE…]; they refer to this.
    void declare(Options& options);
    bool given() const { return !keys_.empty() || !values_.empty(); }
    // One list runs beside the other; a single type goes with each of the other's, f16 where there is none. Throws
    // usage.
    std::vector<study::CachePair> pairs() const;

private:
    std::vector<gguf::TensorType> keys_, values_;
};

// -fa on|off|auto, auto being on.
Option flash_option(bool& flash_attention, std::string help);

}  // namespace attnx::cli
