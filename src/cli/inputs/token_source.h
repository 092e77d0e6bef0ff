// cli: the tokens that `attend` is asked about.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attnx/cli/command.h"
#include "attnx/gguf/file.h"
#include "attnx/model/spec.h"
#include "attnx/study/prompt.h"
#include "prompt.h"

namespace attnx::cli {

// -p TEXT, -f FILE, - (see Prompt), --tokens IDS, --chat, --no-special.
class TokenOptions {
public:
    void declare(Options& options);
    bool given() const { return ids_ || text_.given(); }
    std::optional<std::string> file() const { return text_.file(); }  // that the text is read from

    // What was given, read once, for any number of models. Throws what study::prompt_of_text and prompt_of_ids throw.
    // The file must outlive the prompt.
    struct Source {
        std::optional<std::vector<std::uint32_t>> ids;
        std::string text;  // otherwise
        study::PromptOptions options;
        study::Prompt read(const gguf::File& file, const model::ModelSpec& spec) const;
    };
    // Throws usage unless exactly one source is given.
    Source source(const Environment& environment) const;
    study::Prompt read(const Environment& environment, const gguf::File& file, const model::ModelSpec& spec) const {
        return source(environment).read(file, spec);
    }

private:
    Prompt text_;
    std::optional<std::string> ids_;
    bool chat_ = false, special_ = true;
};

}  // namespace attnx::cli
