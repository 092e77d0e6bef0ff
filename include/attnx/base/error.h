// base: the one exception type, and the vocabulary of refusals.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace attnx {

// Every way in which attnx can fail to answer. Each has a row (slug, phrase) in src/base/error.cpp
// and a test that triggers it.
enum class ErrorCode : std::uint8_t {
    // usage
    usage,
    no_model,
    bad_geometry,
    // files
    cannot_open,
    not_a_file,
    empty_file,
    read_failed,
    write_failed,
    file_changed,
    // servers
    not_fetched,
    // container
    not_gguf,
    unsupported_version,
    truncated,
    bad_count,
    bad_key,
    duplicate_key,
    bad_value_type,
    bad_length,
    nested_too_deep,
    bad_alignment,
    bad_tensor_name,
    duplicate_tensor,
    bad_dimensions,
    unknown_tensor_type,
    tensor_misaligned,
    tensor_out_of_range,
    bad_split,
    missing_shard,
    // specification
    not_a_model,
    missing_key,
    missing_tensor,
    wrong_type,
    bad_value,
    // analysis
    refused,
    overflow,
    not_found,
    unsupported,
    // the machine
    out_of_memory,
    // a broken promise of our own: report it
    internal,
};

struct ErrorRow {
    ErrorCode code;
    std::string_view slug;    // stable, printed in brackets and as JSON "code"
    std::string_view phrase;  // what the user should understand, for the documentation
};

std::span<const ErrorRow> error_table();
std::string_view slug(ErrorCode code);

// Where something is wrong; any part may be unknown.
struct Where {
    std::string path;                     // file, as the user named it
    std::optional<std::uint64_t> offset;  // absolute byte offset in that file
    std::string name;                     // key, tensor, option …
};

// Thrown when attnx cannot answer; caught in cli (and per file by `check`). The text is one line,
//   m.gguf: byte 1806176: tensor blk.0.attn_q.weight ends 9 bytes past the end of the file [tensor-out-of-range]
// whose control characters and invalid UTF-8 are already escaped.
class Error : public std::exception {
public:
    Error(ErrorCode code, std::string message, Where where = {});

    ErrorCode code() const { return code_; }
    const std::string& message() const { return message_; }
    const Where& where() const { return where_; }
    const char* what() const noexcept override { return text_.c_str(); }

private:
    ErrorCode code_;
    std::string message_;
    Where where_;
    std::string text_;
};

}  // namespace attnx
