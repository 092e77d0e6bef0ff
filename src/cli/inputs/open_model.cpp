#include "open_model.h"

#include "../process/curl.h"
#include "attnx/base/error.h"
#include "attnx/gguf/header_size.h"
#include "attnx/places/registries.h"
#include "attnx/places/remote_file.h"

namespace attnx::cli {
namespace {

constexpr std::size_t kFirstTry = std::size_t{1} << 20;

// No file's end is known: whatever lengths say may follow.
bool holds_header(std::string_view bytes) {
    const gguf::HeaderSize header = gguf::header_size(std::as_bytes(std::span(bytes)), UINT64_MAX);
    return header.exact && header.bytes <= bytes.size();
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

std::shared_ptr<const places::Access> access_of(const Environment& environment) {
    places::Asking asking;
    if (!environment.offline) asking = {curl_exchange(environment), places::hub_credential(environment.getenv)};
    return std::make_shared<const places::Access>(
        places::Access{std::move(asking), places::Cache(places::cache_root(environment.getenv))});
}

}  // namespace

Located::Located(const Environment& environment, const std::string& model, Reads reads) {
    if (model == "-")
        throw Error(ErrorCode::usage, "standard input is for commands that read a header alone: name a file");
    if (const auto path = places::path_here(model, environment.getenv)) {
        path_ = *path;
        return;
    }
    if (reads == Reads::everything) places::refuse_absent(model, environment.getenv);
    const auto access = access_of(environment);
    const places::Url url = places::url_of(model, environment.getenv, *access);
    path_ = url.shown();
    source_ = places::source_at(url, access);
}

gguf::File Located::open(gguf::OpenOptions options) const {
    return source_ ? gguf::File::open(path_, options, source_) : gguf::File::open(path_, options);
}

gguf::File open_model(const Environment& environment, const std::string& model, Reads reads) {
    const gguf::OpenOptions options = reads == Reads::header ? gguf::kHeaderAlone : gguf::OpenOptions{};
    if (model == "-" && reads == Reads::header) return header_on_standard_input(environment, options);
    return Located(environment, model, reads).open(options);
}

}  // namespace attnx::cli
