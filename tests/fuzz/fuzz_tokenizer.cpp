// Any file is a Tokenizer or an Error, and any text is ids of that vocabulary or an Error. The text is the end of the
// input.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/base/error.h"
#include "attnx/gguf/file.h"
#include "attnx/text/tokenizer.h"

namespace {

using namespace attnx;

constexpr std::size_t kTextBytes = 64;

void require(bool holds) {
    if (!holds) std::abort();
}

// Calls what may refuse; a refusal has a message.
template <class Call>
void attempt(Call&& call) {
    try {
        call();
    } catch (const Error& error) {
        require(error.code() != ErrorCode::internal && error.what()[0] != '\0');
    }
}

void exercise(const text::Tokenizer& tokenizer, std::string_view prompt) {
    const auto& vocab = tokenizer.vocab();
    for (const bool special : {false, true}) {
        attempt([&] {
            const std::vector<text::TokenId> ids = tokenizer.encode(prompt, special, special);
            require(std::all_of(ids.begin(), ids.end(), [&](text::TokenId id) { return id < vocab.size(); }));
            tokenizer.decode(ids);
            tokenizer.decode(ids, {.remove_special = true, .control_tokens = false});
        });
    }
    for (text::TokenId id = 0; id < std::min<text::TokenId>(vocab.size(), 512); ++id) tokenizer.piece(id);
    attempt([&] {
        tokenizer.piece(vocab.size());
        require(false);
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // Exactly sized, so that the address sanitizer sees a read one byte past the end.
    const auto copy = std::make_unique<std::byte[]>(size);
    std::copy(data, data + size, reinterpret_cast<std::uint8_t*>(copy.get()));
    const std::size_t text_bytes = std::min(size, kTextBytes);
    const std::string_view prompt(reinterpret_cast<const char*>(copy.get()) + size - text_bytes, text_bytes);
    attempt([&] {
        const gguf::File file =
            gguf::File::from_bytes({copy.get(), size}, "fuzz", {.join_split = false, .allow_truncated_data = true});
        exercise(text::Tokenizer::from(file.metadata()), prompt);
    });
    return 0;
}
