// What an architecture's list of tensors is written with: sizes to make shapes of, and calls that ask for a tensor as
// llama.cpp's loader does. The order of the calls is the loader's: the first that fails is what it reports.
//
//     void orca_tensors(TensorList& t) {
//         t.need(Stem::token_embd, {t.width(), t.vocabulary()});
//         for (const std::uint32_t i : t.each_layer()) {
//             t.need(Stem::attn_norm, {t.width()});
//             t.may(Stem::attn_norm, {t.width()}, Suffix::bias);
//         }
//     }
#pragma once

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../arch/draft.h"
#include "../arch/keys.h"
#include "../census.h"
#include "attnx/gguf/file.h"
#include "attnx/model/tensor_plan.h"
#include "dim.h"

namespace attnx::model {

using Shape = std::initializer_list<Dim>;  // fastest dimension first, as in the file

// What llama.cpp does without; the last two it only counts, and leaves them out of its graph (TENSOR_SKIP).
enum class Want : std::uint8_t { required, optional, required_unused, optional_unused };
constexpr bool is_required(Want want) { return want == Want::required || want == Want::required_unused; }
constexpr bool is_unused(Want want) { return want == Want::required_unused || want == Want::optional_unused; }
// The same, but the tensor may be missing.
constexpr Want optionally(Want want) { return is_unused(want) ? Want::optional_unused : Want::optional; }

class TensorList {
public:
    // prefix: of the architecture's keys. All must outlive the list.
    TensorList(const gguf::File& file, std::string prefix, const Draft& draft, TensorPlan& plan);

    // ---- Sizes, as llama.cpp's hyper-parameters hold them (their names at the end of the line)
    const Draft& draft() const { return draft_; }
    Dim width() const { return draft_.embedding; }  // n_embd
    Dim output_width() const {
        return key("embedding_length_out") ? key("embedding_length_out") : width();
    }                                                                                      // n_embd_out()
    Dim vocabulary() const { return vocabulary_; }                                         // n_vocab
    Dim token_types() const { return token_types_; }                                       // n_token_types
    Dim context() const { return draft_.context; }                                         // n_ctx_train
    std::uint32_t layers() const { return draft_.layer_count_all - prediction_layers(); }  // n_layer()
    std::uint32_t layers_all() const { return draft_.layer_count_all; }                    // n_layer_all
    std::uint32_t prediction_layers() const { return prediction_layers_; }                 // n_layer_nextn
    Dim heads(std::uint32_t i = 0) const { return at(draft_.head_count, i); }              // n_head(i)
    Dim kv_heads(std::uint32_t i = 0) const { return at(draft_.head_count_kv, i); }        // n_head_kv(i)
    Dim head_k(std::uint32_t i = 0) const { return draft_.head_dim_k(i); }                 // n_embd_head_k(i)
    Dim head_v(std::uint32_t i = 0) const { return draft_.head_dim_v(i); }                 // n_embd_head_v(i)
    Dim k_size(std::uint32_t i = 0) const { return head_k(i) * kv_heads(i); }              // n_embd_k_gqa(i)
    Dim v_size(std::uint32_t i = 0) const { return head_v(i) * kv_heads(i); }              // n_embd_v_gqa(i)
    Dim q_size(std::uint32_t i = 0) const { return head_k(i) * heads(i); }              // n_embd_head_k(i) * n_head(i)
    Dim rotated(std::uint32_t i = 0) const;                                             // n_rot(i)
    Dim feed_forward(std::uint32_t i = 0) const { return at(draft_.feed_forward, i); }  // n_ff(i)
    Dim experts() const { return draft_.expert_count; }                                 // n_expert
    Dim experts_used(std::uint32_t i = 0) const { return draft_.experts_used(i); }      // n_expert_used(i)
    Dim expert_width(std::uint32_t i = 0) const { return draft_.expert_width(i); }      // n_ff_exp(i)
    Dim shared_width() const { return draft_.shared_feed_forward; }                     // n_ff_shexp
    Dim shared_experts() const { return draft_.shared_experts; }                        // n_expert_shared
    std::uint32_t leading_dense() const { return draft_.leading_dense; }                // n_layer_dense_lead
    bool recurrent(std::uint32_t i) const { return draft_.recurrent.at(i); }            // is_recr(i)
    bool sliding(std::uint32_t i) const { return draft_.sliding.at(i); }                // is_swa(i)
    bool long_rope() const { return draft_.rope.scaling_type == "longrope"; }
    Dim key(Key key, std::uint32_t otherwise = 0) const;  // any whole number of the file
    Dim key(std::string_view suffix, std::uint32_t otherwise = 0) const;
    bool flag(std::string_view suffix) const;                    // false when it is not there
    std::uint64_t array_length(std::string_view suffix) const;   // 0 when it is no array
    std::optional<Dim> element(Key key, std::uint32_t i) const;  // nothing when it is no array
    // A whole number of an array, also below 0; nothing beyond its end.
    std::optional<std::int64_t> signed_element(std::string_view suffix, std::uint64_t i) const;
    std::string key_name(std::string_view suffix) const;  // "llama.expert_count"

    // ---- Where the next tensors belong
    void whole_model() { place_ = {}; }
    void block(Stack stack, std::uint32_t i) { place_ = {stack, i}; }
    // for (const std::uint32_t i : t.each_layer()) …: blocks "blk.i" of the trunk, or of all layers; afterwards the
    // whole model again.
    class Blocks;
    Blocks each_layer();
    Blocks each_layer_of(Stack stack, std::uint32_t first, std::uint32_t last);

    // ---- Asking for tensors. All return whether llama.cpp gets the tensor: it is in the file and used.
    bool need(Stem stem, Shape shape, Suffix suffix = Suffix::weight) {
        return ask(stem, shape, suffix, Want::required);
    }
    bool may(Stem stem, Shape shape, Suffix suffix = Suffix::weight) {
        return ask(stem, shape, suffix, Want::optional);
    }
    bool want(Want want, Stem stem, Shape shape, Suffix suffix = Suffix::weight) {
        return ask(stem, shape, suffix, want);
    }
    void need_with_bias(Stem stem, Shape shape, Dim bias) { need(stem, shape), need(stem, {bias}, Suffix::bias); }
    void need_may_bias(Stem stem, Shape shape, Dim bias) { need(stem, shape), may(stem, {bias}, Suffix::bias); }
    // Only the number of elements is compared (TENSOR_ALLOW_RESHAPE).
    bool of_size(Want want, Stem stem, Shape shape, Suffix suffix = Suffix::weight);
    void unused(Stem stem, Shape shape, Suffix suffix = Suffix::weight) {
        ask(stem, shape, suffix, Want::optional_unused);
    }
    // A tensor that was asked for before, or is another's (TENSOR_DUPLICATED): compared again, not counted again.
    bool again(Want want, Stem stem, Shape shape, Suffix suffix = Suffix::weight);
    // Whether the file has it, of whatever shape, at the place where the next tensors belong.
    bool has(Stem stem, Suffix suffix = Suffix::weight) const { return info(place_, stem, suffix) != nullptr; }
    const gguf::TensorInfo* info(TensorPlace place, Stem stem, Suffix suffix = Suffix::weight) const;
    // llama.cpp gives up here for another reason. name: the tensor or key it is about.
    void refuse(std::string message, const std::string& name = {});

    // Every tensor of the file that has a known name, of the shape it has: for architectures without a row.
    void take_names();

    // After the last tensor: scales that any matrix may have, what is superfluous, findings.
    void finish();

private:
    static Dim at(const std::vector<std::uint32_t>& values, std::uint32_t i) {
        return i < values.size() ? Dim(values[i]) : Dim();
    }
    bool ask(Stem stem, Shape shape, Suffix suffix, Want want, bool any_shape = false, bool counted = true);
    // alike: what the tensor has in common with its like, of other layers as a rule.
    void problem(FindingId id, std::string message, const std::string& name, std::string_view alike,
                 std::optional<std::uint32_t> layer = {});
    void report();
    void ask_for_scales();

    const gguf::File& file_;
    std::string prefix_;
    const Draft& draft_;
    TensorPlan& plan_;
    TensorPlace place_;
    Dim vocabulary_, token_types_;
    std::uint32_t prediction_layers_ = 0;
    std::vector<bool> claimed_;  // by index into the file's tensors
    std::uint64_t created_ = 0;  // as llama.cpp counts
    struct Problem {
        FindingId id;
        std::string message;
        std::string_view alike;
        std::vector<std::uint32_t> layers;  // of the others, where they have one
        std::size_t more = 0;               // others in all
    };
    std::vector<Problem> problems_;
};

// The blocks of a stack, one after the other; sets the list's place.
class TensorList::Blocks {
public:
    class Iterator {
    public:
        Iterator(TensorList& list, Stack stack, std::uint32_t first, std::uint32_t last)
            : list_(list), stack_(stack), i_(first), last_(last) {
            enter();
        }
        std::uint32_t operator*() const { return i_; }
        Iterator& operator++() {
            ++i_;
            enter();
            return *this;
        }
        bool operator!=(std::uint32_t last) const { return i_ != last; }

    private:
        void enter() { i_ != last_ ? list_.block(stack_, i_) : list_.whole_model(); }

        TensorList& list_;
        Stack stack_;
        std::uint32_t i_, last_;
    };

    Blocks(TensorList& list, Stack stack, std::uint32_t first, std::uint32_t last)
        : list_(list), stack_(stack), first_(first), last_(std::max(first, std::min(last, kMaxLayers))) {}
    Iterator begin() const { return {list_, stack_, first_, last_}; }
    std::uint32_t end() const { return last_; }

private:
    TensorList& list_;
    Stack stack_;
    std::uint32_t first_, last_;
};

inline TensorList::Blocks TensorList::each_layer() { return {*this, Stack::trunk, 0, layers()}; }
inline TensorList::Blocks TensorList::each_layer_of(Stack stack, std::uint32_t first, std::uint32_t last) {
    return {*this, stack, first, last};
}

}  // namespace attnx::model
