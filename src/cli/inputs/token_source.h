// cli: the tokens that `attend` is asked about.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attnx/cli/command.h"
#include "attnx/gguf/file.h"
#include "attnx/model/spec.h"
#include "attnx/text/tokenizer.h"
#include "prompt.h"

namespace attnx::cli {

struct PromptTokens {
    std::vector<std::uint32_t> ids;
    std::shared_ptr<const text::Tokenizer> tokenizer;  // null: ids were given, and the file has no vocabulary

    std::string piece(std::uint32_t id) const;  // what a token stands for, raw; "#17" without a vocabulary
    bool ends_generation(std::uint32_t id) const;
};

// -p TEXT, -f FILE, - (see Prompt), --tokens IDS, --chat, --no-special.
class TokenOptions {
public:
    void declare(Options& options);
    std::optional<std::string> file() const { return text_.file(); }  // that the text is read from
    // Throws usage unless exactly one source is given and it holds tokens; refused when they are more than the trained
    // context; bad_value for ids outside the vocabulary; what the tokenizer throws. The file must outlive the prompt.
    PromptTokens read(const Environment& environment, const gguf::File& file, const model::ModelSpec& spec) const;

private:
    Prompt text_;
    std::optional<std::string> ids_;
    bool chat_ = false, special_ = true;
};

}  // namespace attnx::cli
