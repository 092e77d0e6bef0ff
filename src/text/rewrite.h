// text: what some pre-tokenizers make of a text before they split it.
#pragma once

#include <string>
#include <string_view>

namespace attnx::text {

// mmBERT: a line that does not begin with "▁" gets one.
std::u32string begin_lines_with_a_space(std::u32string_view text);

// Nemotron 3.5 Embed: a zero-width non-joiner after "[" or "<" goes.
std::u32string drop_joiners_after_brackets(std::u32string_view text);

// Soprano: lower case, and whitespace of any kind and length is one space.
std::u32string lower_and_join_spaces(std::u32string_view text);

}  // namespace attnx::text
