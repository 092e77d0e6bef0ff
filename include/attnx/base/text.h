// base: making untrusted text safe to print. Keys, names and values of a file may hold anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace attnx {

// Whether `text` is well-formed UTF-8 (no overlongs, no surrogates, at most U+10FFFF).
bool is_valid_utf8(std::string_view text);

// Valid UTF-8 from any bytes: each ill-formed byte becomes U+FFFD. Control characters stay (JSON escapes them).
std::string to_valid_utf8(std::string_view text);

// One line for a terminal: as to_valid_utf8, and C0, DEL, C1 and bidirectional controls become
// visible escapes such as \n, \x1b, \u202e.
std::string printable(std::string_view text);

// ASCII letters in lower case, all else as it is.
std::string in_lower_case(std::string_view text);

// Bytes of the code point at `at` of valid UTF-8.
std::size_t codepoint_length(std::string_view valid, std::size_t at);

// Ascending numbers for people: "0-4,6,8-10".
std::string fold_numbers(std::span<const std::uint32_t> numbers);
// The same where there is little room: four runs and more alike in length and distance are "0-2,4-6,…,28-30".
std::string fold_alike(std::span<const std::uint32_t> numbers);

// The first code point of valid UTF-8, when it is one that printable() escapes.
std::optional<std::uint32_t> unsafe_codepoint(std::string_view valid);

}  // namespace attnx
