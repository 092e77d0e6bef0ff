#include "option_rows.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "attnx/base/error.h"
#include "attnx/base/units.h"

namespace attnx::cli {

Option flag(std::vector<std::string> spellings, std::string help, std::function<void()> set) {
    Option option;
    option.spellings = std::move(spellings);
    option.help = std::move(help);
    option.set = [set = std::move(set)](std::string_view) { set(); };
    return option;
}

Option value(std::vector<std::string> spellings, std::string value_name, std::string help, std::string default_text,
             std::function<void(std::string_view)> set) {
    Option option;
    option.spellings = std::move(spellings);
    option.value_name = std::move(value_name);
    option.help = std::move(help);
    option.default_text = std::move(default_text);
    option.set = std::move(set);
    return option;
}

Option model_argument(std::function<void(std::string_view)> set) {
    Option option;
    option.spellings = {"MODEL"};
    option.named = {"-m", "--model"};
    option.help =
        "a GGUF file, also as -m FILE, of a split model any part; a name that `attnx ls` tells; where a header or a few "
        "tensors are enough, https://host/file.gguf, hf:owner/repo:file-or-quantisation or ollama:name:tag; and for a "
        "header alone - for standard input";
    option.required = true;
    option.hint = ValueHint::model;
    option.set = std::move(set);
    return option;
}

Option threads_option(unsigned& threads) {
    return value({"-t", "--threads"}, "N", "threads to compute with", "as many as processors",
                 [&threads](std::string_view t) { threads = static_cast<unsigned>(count(t, 1, 1024)); });
}

Option numerics_option(forward::Numerics& numerics) {
    std::string help = "arithmetic of the model:";
    for (const forward::NumericsRow& row : forward::kNumerics)
        help += fmt::format("{} {}, {}", &row == forward::kNumerics.data() ? "" : ";", row.name, row.help);
    Option option =
        value({"--numerics"}, "HOW", help, std::string(to_string(numerics)), [&numerics](std::string_view t) {
            for (const forward::NumericsRow& row : forward::kNumerics)
                if (row.name == t) numerics = row.numerics;
        });
    for (const forward::NumericsRow& row : forward::kNumerics) option.choices.emplace_back(row.name);
    return option;
}

Option model_argument(std::string& path) {
    return model_argument([&path](std::string_view text) { path = text; });
}

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t comma = text.find(',');
        if (comma == 0 || text.empty()) throw Error(ErrorCode::usage, "a list has an empty part");
        parts.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos) return parts;
        text.remove_prefix(comma + 1);
    }
}

std::uint64_t tokens(std::string_view text) {
    const auto parsed = parse_tokens(text);
    if (!parsed || *parsed == 0)
        throw Error(ErrorCode::usage, fmt::format("\"{}\" is not a number of tokens; 4096, 8k and 1M are", text));
    if (*parsed > 0xFFFFFFFFu)
        throw Error(ErrorCode::usage, fmt::format("\"{}\": llama.cpp counts tokens in 32 bits", text));
    return *parsed;
}

std::vector<std::uint64_t> token_list(std::string_view text) {
    std::vector<std::uint64_t> values;
    for (const std::string& part : split_list(text)) values.push_back(tokens(part));
    return values;
}

std::uint64_t bytes(std::string_view text) {
    const auto parsed = parse_bytes(text);
    if (!parsed) throw Error(ErrorCode::usage, fmt::format("\"{}\" is not a size; 24GiB, 24GB and 512MiB are", text));
    return *parsed;
}

std::uint64_t bytes_with_unit(std::string_view text) {
    const std::uint64_t size = bytes(text);
    if (!text.empty() && text.back() >= '0' && text.back() <= '9')
        throw Error(ErrorCode::usage, fmt::format("\"{0}\" has no unit: {0}GiB, {0}GB or {0}MiB?", text));
    return size;
}

std::uint64_t count(std::string_view text, std::uint64_t least, std::uint64_t most) {
    const auto parsed = parse_tokens(text);
    if (!parsed || *parsed < least || *parsed > most)
        throw Error(ErrorCode::usage, fmt::format("\"{}\" is not a number from {} to {}", text, least, most));
    return *parsed;
}

double real(std::string_view text) {
    const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || !std::isfinite(value))
        throw Error(ErrorCode::usage, fmt::format("'{}' is not a number", text));
    return value;
}

std::vector<double> real_list(std::string_view text) {
    std::vector<double> values;
    for (const std::string& part : split_list(text)) values.push_back(real(part));
    return values;
}

}  // namespace attnx::cli
