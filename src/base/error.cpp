#include "attnx/base/error.h"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <utility>

#include "attnx/base/text.h"

namespace attnx {
namespace {

constexpr std::array kErrorRows = {
    ErrorRow{ErrorCode::usage, "usage", "the command line cannot be understood"},
    ErrorRow{ErrorCode::no_model, "no-model", "no model was named and none could be found"},
    ErrorRow{ErrorCode::bad_geometry, "bad-geometry",
             "the geometry given by hand or by JSON is incomplete or impossible"},
    ErrorRow{ErrorCode::cannot_open, "cannot-open", "the file cannot be opened for reading"},
    ErrorRow{ErrorCode::not_a_file, "not-a-file", "the path is a directory, a pipe or a device, not a regular file"},
    ErrorRow{ErrorCode::empty_file, "empty-file", "the file has no bytes"},
    ErrorRow{ErrorCode::read_failed, "read-failed", "the operating system could not read the file"},
    ErrorRow{ErrorCode::write_failed, "write-failed", "the output could not be written completely"},
    ErrorRow{ErrorCode::file_changed, "file-changed", "the file was shortened or replaced while it was being read"},
    ErrorRow{ErrorCode::not_fetched, "not-fetched", "a server, or the way to it, did not give what was asked for"},
    ErrorRow{ErrorCode::not_gguf, "not-gguf", "the file does not begin with the GGUF magic"},
    ErrorRow{ErrorCode::unsupported_version, "unsupported-version", "a GGUF version this attnx does not read"},
    ErrorRow{ErrorCode::truncated, "truncated", "the file ends before what its header announces"},
    ErrorRow{ErrorCode::bad_count, "bad-count", "a count larger than the file could hold"},
    ErrorRow{ErrorCode::bad_key, "bad-key", "a metadata key that is empty or too long"},
    ErrorRow{ErrorCode::duplicate_key, "duplicate-key", "the same metadata key twice"},
    ErrorRow{ErrorCode::bad_value_type, "bad-value-type", "a metadata value type that GGUF does not define"},
    ErrorRow{ErrorCode::bad_length, "bad-length", "a string or array longer than the file"},
    ErrorRow{ErrorCode::nested_too_deep, "nested-too-deep", "arrays nested deeper than any real file"},
    ErrorRow{ErrorCode::bad_alignment, "bad-alignment", "general.alignment is not a usable power of two"},
    ErrorRow{ErrorCode::bad_tensor_name, "bad-tensor-name", "a tensor name that is empty or longer than 65535 bytes"},
    ErrorRow{ErrorCode::duplicate_tensor, "duplicate-tensor", "the same tensor name twice"},
    ErrorRow{ErrorCode::bad_dimensions, "bad-dimensions", "tensor dimensions that are zero, too many, or overflow"},
    ErrorRow{ErrorCode::unknown_tensor_type, "unknown-tensor-type", "a tensor type this attnx cannot read"},
    ErrorRow{ErrorCode::tensor_misaligned, "tensor-misaligned",
             "a tensor that does not begin at a multiple of the alignment"},
    ErrorRow{ErrorCode::tensor_out_of_range, "tensor-out-of-range", "a tensor that lies outside the file"},
    ErrorRow{ErrorCode::bad_split, "bad-split", "the parts of a split model contradict each other"},
    ErrorRow{ErrorCode::missing_shard, "missing-shard", "a part of a split model is not there"},
    ErrorRow{ErrorCode::not_a_model, "not-a-model",
             "a whole file that holds no language model: an adapter, a projector, a diffusion model"},
    ErrorRow{ErrorCode::missing_key, "missing-key", "a metadata key without which nothing can be said"},
    ErrorRow{ErrorCode::missing_tensor, "missing-tensor", "a tensor without which the model cannot run"},
    ErrorRow{ErrorCode::wrong_type, "wrong-type", "a metadata value stored as another type than expected"},
    ErrorRow{ErrorCode::bad_value, "bad-value", "a value that no model can have"},
    ErrorRow{ErrorCode::refused, "refused", "llama.cpp refuses this configuration"},
    ErrorRow{ErrorCode::overflow, "overflow", "the result does not fit in 64 bits"},
    ErrorRow{ErrorCode::not_found, "not-found", "what was asked for is not in the file"},
    ErrorRow{ErrorCode::unsupported, "unsupported", "attnx does not do this yet"},
    ErrorRow{ErrorCode::out_of_memory, "out-of-memory", "there is not enough memory for this answer"},
    ErrorRow{ErrorCode::internal, "internal", "a fault in attnx itself; please report it"},
};

constexpr bool errors_are_in_order() {
    for (std::size_t i = 0; i < kErrorRows.size(); ++i)
        if (static_cast<std::size_t>(kErrorRows[i].code) != i) return false;
    return true;
}
static_assert(errors_are_in_order(), "one row per ErrorCode, in its order");
static_assert(kErrorRows.size() == static_cast<std::size_t>(ErrorCode::internal) + 1);

}  // namespace

std::span<const ErrorRow> error_table() { return kErrorRows; }

std::string_view slug(ErrorCode code) { return kErrorRows[static_cast<std::size_t>(code)].slug; }

Error::Error(ErrorCode code, std::string message, Where where)
    : code_(code), message_(std::move(message)), where_(std::move(where)) {
    message_ = printable(message_);
    if (!where_.path.empty()) text_ += printable(where_.path) + ": ";
    if (where_.offset) text_ += fmt::format("byte {}: ", *where_.offset);
    text_ += fmt::format("{} [{}]", message_, slug(code_));
}

}  // namespace attnx
