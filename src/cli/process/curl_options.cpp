#include "curl_options.h"

#include <fmt/format.h>

#include "attnx/base/version.h"

namespace attnx::cli {
namespace {

std::string in_quotes(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return "\"" + result + "\"";
}

}  // namespace

std::string options_of_answer(std::string_view url, std::string_view schemes) {
    return fmt::format(
        "url = {}\ninclude\nsilent\nshow-error\nno-verbose\nno-location\nno-fail\nno-compressed\ngloboff\n"
        "netrc-optional\nsuppress-connect-headers\nproto = \"={}\"\nuser-agent = \"attnx/{}\"\n",
        in_quotes(url), schemes, kVersion);
}

std::string header_option(std::string_view name, std::string_view value) {
    return fmt::format("header = {}\n", in_quotes(fmt::format("{}: {}", name, value)));
}

std::string token_option(std::string_view token) {
    return token.empty() ? std::string() : header_option("Authorization", fmt::format("Bearer {}", token));
}

}  // namespace attnx::cli
