#include "attnx/text/chat.h"

#include <array>

#include "attnx/base/error.h"

namespace attnx::text {
namespace {

struct ChatRow {
    std::string_view marker, before, after;
};
constexpr std::array kChats = {
    ChatRow{"<|im_start|>", "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"},
    ChatRow{"<start_of_turn>", "<start_of_turn>user\n", "<end_of_turn>\n<start_of_turn>model\n"},
    ChatRow{"<|start_header_id|>", "<|start_header_id|>user<|end_header_id|>\n\n",
            "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"},
    ChatRow{"<|start|>", "<|start|>user<|message|>", "<|end|><|start|>assistant"},
    ChatRow{"<|user|>", "<|user|>\n", "<|end|>\n<|assistant|>\n"},
    ChatRow{"[INST]", "[INST] ", " [/INST]"},
};

}  // namespace

std::string as_chat(std::string_view message, const Vocab& vocab) {
    for (const ChatRow& row : kChats)
        if (vocab.find(row.marker)) return std::string(row.before).append(message).append(row.after);
    throw Error(ErrorCode::unsupported,
                "this vocabulary has none of the role markers that attnx knows; write them into the prompt");
}

}  // namespace attnx::text
