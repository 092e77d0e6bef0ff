// cli: option rows and values that several commands share.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/cli/options.h"
#include "attnx/forward/numerics.h"

namespace attnx::cli {

Option flag(std::vector<std::string> spellings, std::string help, std::function<void()> set);
Option value(std::vector<std::string> spellings, std::string value_name, std::string help, std::string default_text,
             std::function<void(std::string_view)> set);
// The required positional MODEL.
Option model_argument(std::string& path);
Option model_argument(std::function<void(std::string_view)> set);
// -t N, "as many as processors" being 0.
Option threads_option(unsigned& threads);
// --numerics, of every command that runs a model.
Option numerics_option(forward::Numerics& numerics);

// "a,b,c"; throws usage for empty parts.
std::vector<std::string> split_list(std::string_view text);

// Each throws Error{usage} that quotes the text.
std::uint64_t tokens(std::string_view text);                                          // "8k"
std::vector<std::uint64_t> token_list(std::string_view text);                         // "8k,32k"
std::uint64_t bytes_with_unit(std::string_view text);                                 // refuses "24"
std::uint64_t bytes(std::string_view text);                                           // "24GiB"
std::uint64_t count(std::string_view text, std::uint64_t least, std::uint64_t most);  // "512", "8k"
double real(std::string_view text);                                                   // "0.15", "-1e-3"
std::vector<double> real_list(std::string_view text);                                 // "0,0.1,0.2"

}  // namespace attnx::cli
