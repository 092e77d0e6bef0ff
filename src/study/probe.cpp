#include "attnx/study/probe.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "attnx/base/error.h"

namespace attnx::study {
namespace {

// splitmix64: the same numbers everywhere.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::size_t below(std::size_t count) {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
        return ((z ^ (z >> 31)) >> 32) * count >> 32;  // count is far below 2^32
    }

private:
    std::uint64_t state_;
};

// Tokens that a text is made of. Without a vocabulary that loads nothing tells them apart.
std::vector<std::uint32_t> ordinary_tokens(const text::Tokenizer* tokenizer, const model::ModelSpec& spec) {
    using namespace text::attribute;
    const std::uint32_t rows = spec.vocabulary_size;
    const std::uint32_t count = tokenizer == nullptr ? rows : tokenizer->vocab().size();
    std::vector<std::uint32_t> ids;
    for (std::uint32_t id = 0; id < (rows == 0 ? count : std::min(count, rows)); ++id) {
        const bool odd = tokenizer != nullptr && (!tokenizer->vocab().has(id, normal) ||
                                                  tokenizer->vocab().has(id, unknown | unused | control | byte));
        if (!odd) ids.push_back(id);
    }
    return ids;
}

}  // namespace

std::vector<std::uint32_t> probe_ids(const Prompt& vocabulary, const model::ModelSpec& spec, std::uint32_t length,
                                     std::uint64_t seed) {
    const text::Tokenizer* tokenizer = vocabulary.tokenizer.get();
    std::vector<std::uint32_t> ordinary = ordinary_tokens(tokenizer, spec), ids;
    if (length == 0 || ordinary.size() < length)
        throw Error(ErrorCode::refused, fmt::format("a probe of {} different tokens cannot be made of {} ordinary ones",
                                                    length, ordinary.size()));
    if (tokenizer != nullptr && tokenizer->vocab().rules().add_bos && tokenizer->vocab().special().bos)
        ids.push_back(*tokenizer->vocab().special().bos);
    const std::size_t tokens = ids.size() + 2 * std::size_t{length};
    if (spec.context_length != 0 && tokens > spec.context_length)
        throw Error(ErrorCode::refused, fmt::format("the probe has {} tokens, the model was trained on a context of {}",
                                                    tokens, spec.context_length));
    Random random(seed);
    for (std::size_t i = 0; i < length; ++i) {
        std::swap(ordinary[i], ordinary[i + random.below(ordinary.size() - i)]);
        ids.push_back(ordinary[i]);
    }
    ids.insert(ids.end(), ordinary.begin(), ordinary.begin() + length);
    return ids;
}

}  // namespace attnx::study
