// cli: what the curl program is told, as it reads a file of options. Private to cli.
#pragma once

#include <string>
#include <string_view>

namespace attnx::cli {

// One answer, its head before its body, both as they are sent; no redirect is followed, and nothing but `schemes`
// ("http,https") is spoken. What ~/.curlrc says otherwise of these is overruled. No value has line ends.
std::string options_of_answer(std::string_view url, std::string_view schemes);

std::string header_option(std::string_view name, std::string_view value);
std::string token_option(std::string_view token);  // nothing where there is none

}  // namespace attnx::cli
