// cli: the file of a MODEL, whatever it is called. Private to cli.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "attnx/cli/command.h"
#include "attnx/gguf/file.h"

namespace attnx::cli {

// What a command reads of a model, and so from where it may come.
enum class Reads : unsigned char {
    header,      // also from a server, or from standard input, where tensors may be missing
    tensors,     // a few of them: also from a server
    everything,  // of a file on this machine
};

// Where the file is that a MODEL means: a path, a name in a store of this machine (places/stores.h), or, for who reads
// no more than a part, a URL and what hub and registry have under a name (places/registries.h).
class Located {
public:
    // Throws usage for standard input, cannot_open for who reads everything of what is elsewhere, and what places
    // throws.
    Located(const Environment& environment, const std::string& model, Reads reads);
    const std::string& path() const { return path_; }  // or the URL
    gguf::File open(gguf::OpenOptions options) const;

private:
    std::string path_;
    gguf::OpenSource source_;  // none: a file of this machine
};

// Opened with kHeaderAlone for who reads no more, and "-": a header on standard input, of which no more is read than
// that takes. The environment must outlive the file.
gguf::File open_model(const Environment& environment, const std::string& model, Reads reads = Reads::everything);

}  // namespace attnx::cli
