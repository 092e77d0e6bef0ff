// What people open by mistake. Each row is a beginning that such files have.
#include <algorithm>
#include <array>
#include <cctype>

#include "attnx/base/text.h"
#include "load.h"
#include "read.h"

namespace attnx::gguf {
namespace {

using namespace std::string_view_literals;

struct Beginning {
    std::string_view bytes;
    std::string_view meaning;
};

constexpr std::array kBeginnings = {
    Beginning{"lmgg"sv, "a GGML file from before GGUF (2023, magic ggml); convert it with llama.cpp of that time"sv},
    Beginning{"fmgg"sv, "a GGML file from before GGUF (2023, magic ggmf); convert it with llama.cpp of that time"sv},
    Beginning{"tjgg"sv, "a GGML file from before GGUF (2023, magic ggjt); convert it with llama.cpp of that time"sv},
    Beginning{"algg"sv, "a LoRA adapter from before GGUF (magic ggla)"sv},
    Beginning{"FUGG"sv, "a GGUF file whose bytes were swapped in fours"sv},
    Beginning{"version https://git-lfs"sv, "a git-LFS pointer, not the file itself; run `git lfs pull`"sv},
    Beginning{"PK\x03\x04"sv, "a zip archive, such as a PyTorch checkpoint; convert it to GGUF first"sv},
    Beginning{"\x80\x02"sv, "a Python pickle, such as a PyTorch checkpoint; convert it to GGUF first"sv},
    Beginning{"\x89HDF"sv, "an HDF5 file; convert it to GGUF first"sv},
    Beginning{"\x93NUMPY"sv, "a NumPy array"sv},
    Beginning{"\x1f\x8b"sv, "a gzip archive; unpack it first"sv},
    Beginning{"\x28\xb5\x2f\xfd"sv, "a zstd archive; unpack it first"sv},
    Beginning{"\xfd\x37zXZ"sv, "an xz archive; unpack it first"sv},
    Beginning{"7z\xbc\xaf"sv, "a 7-zip archive; unpack it first"sv},
    Beginning{"\x7f"
              "ELF"sv,
              "a program"sv},
    Beginning{"\0\0\0\0\0\0\0\0"sv, "a file of zeros, as an unfinished download leaves"sv},
};

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// safetensors: a 64-bit length, then that much JSON.
bool is_safetensors(std::span<const std::byte> bytes) {
    if (bytes.size() < 10 || bytes[8] != std::byte{'{'}) return false;
    const auto length = load<std::uint64_t>(bytes.data(), std::endian::little);
    return length >= 2 && length < (std::uint64_t{1} << 32);
}

std::string_view recognise_text(std::string_view text) {
    const auto first = std::ranges::find_if(text, [](unsigned char c) { return std::isspace(c) == 0; });
    const std::string start = in_lower_case(text.substr(static_cast<std::size_t>(first - text.begin())));
    const std::string_view lowered = start;
    if (lowered.starts_with("<!doctype") || lowered.starts_with("<html") || lowered.starts_with("<head"))
        return "an HTML page, perhaps of a download that failed or asked for a login";
    if (lowered.starts_with("<?xml") || lowered.starts_with("<error")) return "XML, perhaps a server's error message";
    if (lowered.starts_with("{") && lowered.find("schemaversion") != std::string_view::npos)
        return "an Ollama manifest; the model is the blob whose digest it lists";
    if (lowered.starts_with("{") || lowered.starts_with("[{")) return "JSON, not a model";
    return {};
}

}  // namespace

std::string_view recognise(std::span<const std::byte> bytes) {
    constexpr std::size_t kLooked = 256;
    const std::string_view text = text_of(bytes.first(std::min(bytes.size(), kLooked)));
    for (const Beginning& row : kBeginnings)
        if (text.starts_with(row.bytes)) return row.meaning;
    if (is_safetensors(bytes)) return "a safetensors file; convert it to GGUF first";
    return recognise_text(text);
}

}  // namespace attnx::gguf
