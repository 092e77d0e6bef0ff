#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "attnx/places/server.h"

namespace attnx::places {
namespace {

constexpr std::array<std::string_view, 7> kWho = {"the miller",    "a young pilot", "our neighbour",  "the night guard",
                                                  "an old friend", "the captain",   "a careful clerk"};
constexpr std::array<std::string_view, 5> kDid = {"carried", "counted", "painted", "repaired", "borrowed"};
constexpr std::array<std::string_view, 6> kWhat = {"wooden boxes",  "letters from abroad", "broken clocks",
                                                   "silver spoons", "maps of the coast",   "baskets of apples"};
constexpr std::array<std::string_view, 4> kWhen = {"before the rain began", "while the town slept",
                                                   "on the way to the harbour", "without saying a word"};
constexpr std::uint64_t kMostTokensOfSentence = 24;

// Sizes share no divisor: a sentence comes again after hundreds of others.
std::string sentence(std::size_t i) {
    return fmt::format("In year {}, {} {} {} {}. ", 1800 + i % 200, kWho[i % kWho.size()], kDid[i % kDid.size()],
                       kWhat[i % kWhat.size()], kWhen[i / 2 % kWhen.size()]);
}

}  // namespace

std::vector<ServerPrompt> server_prompts(std::optional<std::uint64_t> context, std::uint64_t output_tokens,
                                         std::optional<std::uint64_t> mark) {
    struct Size {
        const char* name;
        std::size_t first, sentences;
    };
    constexpr std::array<Size, 3> kSizes = {{{"short", 7, 1}, {"medium", 61, 18}, {"long", 132, 64}}};
    const std::uint64_t room = context ? *context - std::min(*context, output_tokens) : UINT64_MAX;
    std::vector<ServerPrompt> prompts;
    for (const Size& size : kSizes) {
        const std::uint64_t sentences = std::clamp<std::uint64_t>(room / kMostTokensOfSentence, 1, size.sentences);
        ServerPrompt& prompt = prompts.emplace_back(ServerPrompt{size.name, {}});
        if (mark) prompt.text = fmt::format("{}. ", *mark);
        for (std::size_t i = 0; i < sentences; ++i) prompt.text += sentence(size.first + i);
        prompt.text.pop_back();
    }
    return prompts;
}

}  // namespace attnx::places
