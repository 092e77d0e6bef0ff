#include "open_model.h"

#include "attnx/base/error.h"
#include "attnx/places/stores.h"

namespace attnx::cli {
namespace {

constexpr std::size_t kFirstTry = std::size_t{1} << 20;

bool is_hopeless(ErrorCode code) { return code == ErrorCode::not_gguf || code == ErrorCode::unsupported_version; }

// Whether these are all bytes of a header, or more of them would not help.
bool holds_header(std::string_view bytes) {
    try {
        gguf::File::from_bytes(std::as_bytes(std::span(bytes)), "-", gguf::kHeaderAlone);
        return true;
    } catch (const Error& error) {
        return is_hopeless(error.code());
    }
}

gguf::File header_on_standard_input(const Environment& environment, gguf::OpenOptions options) {
    if (environment.stdin_is_terminal) throw Error(ErrorCode::usage, "standard input is a terminal, not a model");
    std::size_t next = kFirstTry;  // doubled each time: trying takes no longer than the last try
    std::string bytes = environment.read_stdin_until([&next](std::string_view so_far) {
        if (so_far.size() < next) return false;
        next *= 2;
        return holds_header(so_far);
    });
    return gguf::File::from_pipe(std::move(bytes), "-", options);
}

}  // namespace

std::string model_path(const Environment& environment, const std::string& model) {
    if (model == "-")
        throw Error(ErrorCode::usage, "standard input is for commands that read a header alone: name a file");
    return places::path_of(model, environment.getenv);
}

gguf::File open_model(const Environment& environment, const std::string& model, gguf::OpenOptions options) {
    if (model == "-" && options.allow_truncated_data) return header_on_standard_input(environment, options);
    return gguf::File::open(model_path(environment, model), options);
}

}  // namespace attnx::cli
