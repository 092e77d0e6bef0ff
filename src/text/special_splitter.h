// text: finds the special tokens spelled out in a text and leaves the rest to the algorithm.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "attnx/text/vocab.h"
#include "prefix_tree.h"

namespace attnx::text {

// A token, or a stretch of text that is none.
struct Fragment {
    std::optional<TokenId> token;
    std::string_view text;
};

// Longer tokens are found first, wherever they stand; of equally long ones the one with the smaller id.
// Views the vocabulary's texts.
class SpecialSplitter {
public:
    explicit SpecialSplitter(const Vocab& vocab);

    // In order; fragments of text are not empty and view `text`. Without `control`, only user-defined tokens
    // are looked for.
    std::vector<Fragment> split(const Vocab& vocab, std::string_view text, bool control) const;

private:
    std::vector<TokenId> tokens_;  // longest first
    PrefixTree tree_;              // numbers are indices into tokens_
};

}  // namespace attnx::text
