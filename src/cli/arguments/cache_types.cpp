#include "cache_types.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attnx/base/error.h"
#include "attnx/tensor/encode.h"
#include "option_rows.h"

namespace attnx::cli {
namespace {

using gguf::TensorType;

std::string names() {
    std::vector<std::string_view> all;
    for (const TensorType type : tensor::cache_types()) all.push_back(gguf::row(type).name);
    return fmt::format("{}", fmt::join(all, ", "));
}

TensorType cache_type(std::string_view name) {
    for (const TensorType type : tensor::cache_types())
        if (gguf::row(type).name == name) return type;
    throw Error(ErrorCode::usage, fmt::format("{} is not a cache type; known are {}", name, names()));
}

Option type_option(std::vector<std::string> spellings, const char* which, std::vector<TensorType>& types) {
    return value(std::move(spellings), "TYPE[,TYPE…]", fmt::format("type of the {} cache: {}", which, names()), "f16",
                 [&types](std::string_view text) {
                     types.clear();
                     for (const std::string& name : split_list(text)) types.push_back(cache_type(name));
                 });
}

}  // namespace

void CacheTypeOptions::declare(Options& options) {
    options.push_back(type_option({"-ctk", "--cache-type-k"}, "K", keys_));
    options.push_back(type_option({"-ctv", "--cache-type-v"}, "V", values_));
}

std::vector<study::CachePair> CacheTypeOptions::pairs() const {
    std::vector<TensorType> keys = keys_, values = values_;
    if (keys.empty()) keys = {TensorType::f16};
    if (values.empty()) values = {TensorType::f16};
    if (keys.size() == 1) keys.resize(values.size(), keys.front());
    if (values.size() == 1) values.resize(keys.size(), values.front());
    if (keys.size() != values.size())
        throw Error(ErrorCode::usage,
                    fmt::format("{} K types and {} V types: give as many, or one", keys.size(), values.size()));
    std::vector<study::CachePair> pairs;
    for (std::size_t i = 0; i < keys.size(); ++i) pairs.push_back({keys[i], values[i]});
    return pairs;
}

Option flash_option(bool& flash_attention, std::string help) {
    Option flash = value({"-fa", "--flash-attn"}, "on|off|auto", std::move(help), "auto",
                         [&flash_attention](std::string_view text) {
                             flash_attention = text != "off" && text != "0" && text != "false";
                         });
    flash.choices = {"on", "off", "auto", "1", "0", "true", "false"};
    return flash;
}

}  // namespace attnx::cli
