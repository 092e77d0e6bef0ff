// text: a pre-tokenizer's splits, run over a text.
//
// llama.cpp does not run a rule's expressions over the text. It first replaces every character by one byte
// for its Unicode category (ASCII stays) and runs the expressions over that; expressions that name no
// category run over the text itself, where whitespace beyond ASCII becomes a vertical tab. The effects show
// in token ids (`\s` sees U+3000 but a range that contains U+3000 does not), so we do the
// same: an expression over bytes, one per code point.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pretokenize.h"
#include "regex.h"

namespace attnx::text {

// A pattern as PCRE2 gets it: \p{…} becomes the bytes of that category, with brackets around it outside a
// class.
std::string expand_categories(std::string_view pattern);
bool names_categories(std::string_view pattern);

// Const and safe to use from several threads.
class Splitter {
public:
    explicit Splitter(std::span<const Split> splits);

    // Where each piece of `text` ends, as code point indices in rising order; the last is text.size().
    std::vector<std::size_t> piece_ends(std::u32string_view text) const;

private:
    struct Step {
        Regex regex;
        bool over_categories;
        bool only_before;
    };
    std::vector<Step> steps_;
};

}  // namespace attnx::text
