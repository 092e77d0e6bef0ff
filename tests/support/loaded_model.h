// A model in memory, with all that is needed to ask it something.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "attnx/gguf/file.h"
#include "attnx/model/build.h"

namespace attnx::test {

struct LoadedModel {
    std::vector<std::byte> bytes;
    gguf::File file;
    model::ModelSpec spec;

    explicit LoadedModel(std::vector<std::byte> b)
        : bytes(std::move(b)), file(gguf::File::from_bytes(bytes, "m.gguf")), spec(model::build_spec(file)) {}
};

}  // namespace attnx::test
