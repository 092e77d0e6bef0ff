// model: the keys of one architecture ("llama.attention.head_count"), read as strictly as llama.cpp reads
// them, with a log.
//
// llama.cpp (build b10256, llama-model-loader.cpp:104-171, 335-511) wants the exact GGUF type it asks for and
// refuses to load the model otherwise. Such a key becomes a finding and a refusal here; an integer of another
// width is still used, because what the file says is what the user wants to see.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/base/findings.h"
#include "attnx/base/refusal.h"
#include "attnx/gguf/metadata.h"
#include "attnx/model/spec.h"

namespace attnx::model {

enum class Need : std::uint8_t {
    optional,
    required,   // absence is a finding and a refusal
    geometry,   // optional, but a value that is no integer at all throws wrong_type
    essential,  // required and geometry
};

// Views `metadata`, which must outlive it. Suffixes lack the architecture and its dot
// ("attention.head_count"); one that begins with '@' is a whole key.
class Hparams {
public:
    Hparams(const gguf::Metadata& metadata, std::string prefix);

    std::string key(std::string_view suffix) const;
    bool has(std::string_view suffix) const;

    // Scalars. Nothing when absent or unusable. Throws wrong_type and bad_value only for Need::geometry and
    // essential.
    std::optional<std::uint32_t> u32(std::string_view suffix, Need need = Need::optional);
    std::optional<float> f32(std::string_view suffix,
                             Need need = Need::optional);  // NaN and infinity: finding, nothing
    std::optional<bool> boolean(std::string_view suffix, Need need = Need::optional);
    std::optional<std::string> string(std::string_view suffix, Need need = Need::optional);

    // `count` values: an array of bool, int32 or uint32 with exactly that many, or a scalar repeated. Another
    // length is a finding and a refusal; missing values are then 0.
    std::optional<std::vector<std::uint32_t>> u32_layers(std::string_view suffix, std::uint32_t count,
                                                         Need need = Need::optional);
    std::optional<std::vector<float>> f32_layers(std::string_view suffix, std::uint32_t count,
                                                 Need need = Need::optional);
    // An array of any length up to 512; nothing when the key is a scalar.
    std::optional<std::vector<std::uint32_t>> u32_array(std::string_view suffix, Need need = Need::optional);

    // An array of anything but strings is refused; a scalar is ignored.
    void unless_strings(std::string_view suffix);

    std::optional<std::uint64_t> array_length(std::string_view suffix) const;
    void require(std::string_view suffix);  // a key of any type

    // The log. What is said twice (a key read twice) is kept once.
    void fact(std::string_view field, std::string value, Source source, std::string detail);
    void fact_from_key(std::string_view field, std::string value, std::string_view suffix);
    void find(FindingId id, std::string message);
    // llama.cpp would not load the model or would not create a context: why. `name`: the key (not suffix) or tensor it
    // is about.
    void refuse(std::string reason, std::string name = {});
    std::vector<std::string> reasons() const;  // the messages of all refusals

    std::vector<Fact> facts;
    Findings findings;
    std::vector<Refusal> refusals;

private:
    const gguf::Value* look_up(std::string_view suffix, Need need);
    void wrong_type(std::string_view suffix, const gguf::Value& value, std::string_view expected, Need need);
    std::optional<std::uint32_t> integer(std::string_view suffix, const gguf::Value& value, Need need);
    void check_length(std::string_view suffix, std::uint64_t found, std::uint32_t expected);

    const gguf::Metadata& metadata_;
    std::string prefix_;
};

}  // namespace attnx::model
