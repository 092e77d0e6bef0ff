// forward: executing a model on its weights, on the CPU, from the file alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "attnx/base/budget.h"
#include "attnx/base/simd.h"
#include "attnx/forward/attribution.h"
#include "attnx/forward/cache_types.h"
#include "attnx/forward/footprint.h"
#include "attnx/forward/numerics.h"
#include "attnx/gguf/file.h"
#include "attnx/model/graph.h"
#include "attnx/model/spec.h"
#include "attnx/trace/sink.h"

namespace attnx::forward {

struct SessionOptions {
    unsigned threads = 0;  // 0: one per processor
    std::uint32_t context =
        0;  // tokens the session is meant to reach; 0: what is fed first. Chooses long or short rope factors
    std::optional<bool> causal;             // attend to earlier tokens only, or to all, instead of as the model does
    std::uint64_t max_memory = kMaxMemory;  // bytes, beyond the pages of the file
    Simd simd = best_simd();                // must not exceed it; AVX2 and AVX-512 give the same floats
    Numerics numerics = Numerics::llama_cpp;
    // Nothing: default_cache(numerics). Under a quantised type sinks are told vectors in the basis in which it is kept.
    std::optional<CacheTypes> cache = {};
};

// A head whose part of what the output matrix W_O reads is replaced: by 0, or by its mean over the tokens fed.
struct Ablation {
    std::uint32_t layer = 0, head = 0;
    bool by_mean = false;
};

struct FeedOptions {
    // Layers after the last one asked for are not executed, nor the feed-forward network of that layer unless its
    // output is asked for. Nothing: all layers. A session that stopped early cannot be fed again.
    std::optional<std::uint32_t> last_layer;
    bool logits = false;  // compute the output head for the last token
    std::optional<Ablation> ablation = {};
    // Of which of the tokens fed it is noted what the stream is a sum of, for attribution(). By feed only.
    std::optional<std::uint32_t> noted = {};
};

// Owns what is remembered of the tokens fed so far (keys and values, recurrent states) and the small vectors of the
// model (norms, biases). Matrices are read from the file when they are multiplied, so memory is the activations plus a
// few rows per thread; of the file, two layers at a time are in memory while a prompt runs. The file must outlive the
// session. Not thread-safe; uses threads of its own.
class Session {
public:
    // Throws unsupported, naming the mechanism, when the model cannot be executed; missing_tensor; bad_dimensions;
    // refused, when `context` tokens would take more than max_memory.
    Session(const gguf::File& file, const model::ModelSpec& spec, SessionOptions options = {});
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;
    ~Session();

    // Runs all tokens through the layers, telling `sink`; positions continue where the last call ended. Returns the
    // logits of the last token when asked for (empty for models without an output head). Throws bad_value (an id
    // outside the vocabulary, no tokens, a second call of a model that is not causal), refused (more tokens than
    // max_memory allows) and what sink throws.
    std::vector<float> feed(std::span<const std::uint32_t> tokens, trace::Sink& sink, FeedOptions options = {});

    // Runs the layers from `first` on again. The tokens, all that were fed, are in the state in which that layer read
    // them: `before`, [tokens, width], is what the block before it left. What these layers remember is forgotten first.
    std::vector<float> resume(std::uint32_t first, std::span<const float> before, std::span<const std::uint32_t> tokens,
                              trace::Sink& sink, FeedOptions options = {});
    bool resumes() const;  // whether the stream is all that passes from block to block

    // Of rows that head_input told, [count, width]: [count, vocabulary]. Empty for models without an output head.
    std::vector<float> logits(std::span<const float> rows);

    // What the logit of `target` after the token that was noted is a sum of. Throws not_found for a token that cannot
    // come next, internal where nothing was noted or there is no output head.
    Attribution attribution(std::uint32_t target);

    void reset();                    // forgets all tokens
    std::uint32_t position() const;  // tokens fed so far
    const model::Graph& graph() const;
    std::vector<Need> needs(std::uint64_t tokens) const;  // memory to have been fed so many tokens

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace attnx::forward
