// base: numbers as people write and read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attnx {

std::string format_bytes(std::uint64_t bytes);    // "0 B", "22.5 KiB", "1.50 GiB"
std::string format_count(std::uint64_t count);    // "134.5 M", "7.24 B"; exact below 10,000
std::string format_flops(double flops);           // "2.10 TFLOP"
std::string format_grouped(std::uint64_t value);  // "47,185,920"

// "4096", "8k", "128K", "1M": a number of tokens, suffixes x1024. Nothing when it is not one.
std::optional<std::uint64_t> parse_tokens(std::string_view text);
// "24GiB", "24GB", "512MiB", "1000": bytes; KiB/MiB/GiB/TiB are x1024, KB/MB/GB/TB x1000, bare k/m/g as KiB…
std::optional<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace attnx
