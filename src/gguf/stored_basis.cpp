#include "attnx/gguf/stored_basis.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "attnx/base/error.h"
#include "attnx/base/text.h"

namespace attnx::gguf {
namespace {

// The keys of one file, each wanted in one form.
class BasisKeys {
public:
    explicit BasisKeys(const Metadata& metadata) : metadata_(metadata) {}

    [[noreturn]] static void refuse(std::string_view name, std::string_view what, ErrorCode code) {
        const std::string key = full(name);
        throw Error(code, fmt::format("key {} {}", key, what), Where{{}, {}, key});
    }

    bool flag(std::string_view name) const { return metadata_.boolean(full(name)).value_or(false); }

    template <class T>
    static T present(std::string_view name, const std::optional<T>& value) {
        if (!value) refuse(name, "is missing", ErrorCode::missing_key);
        return *value;
    }
    std::uint32_t number(std::string_view name) const { return present(name, metadata_.u32(full(name))); }

    void expect(std::string_view name, std::string_view only) const {
        const std::string_view value = present(name, metadata_.string(full(name)));
        if (value != only)
            refuse(name, fmt::format("is \"{}\", which nobody knows", printable(value)), ErrorCode::unsupported);
    }
    std::string_view text(std::string_view name) const { return present(name, metadata_.string(full(name))); }

    std::vector<std::string> names(std::string_view name) const {
        std::vector<std::string> out;
        const auto array = metadata_.array(full(name));
        if (!array) return out;
        array->for_each([&](std::uint64_t, const Value& value) {
            const auto text = value.as<std::string_view>();
            if (!text) refuse(name, "is an array of other things than strings", ErrorCode::wrong_type);
            out.emplace_back(*text);
        });
        return out;
    }

    std::vector<std::int64_t> numbers(std::string_view name) const {
        std::vector<std::int64_t> out;
        present(name, metadata_.array(full(name))).for_each([&](std::uint64_t, const Value& value) {
            const auto number = value.to_signed();
            if (!number) refuse(name, "is an array of other things than integers", ErrorCode::wrong_type);
            out.push_back(*number);
        });
        return out;
    }

private:
    static std::string full(std::string_view name) { return std::string(kStoredBasisKeys).append(name); }

    const Metadata& metadata_;
};

// Vectors of signs one after the other, each as long as the matrix it belongs to is wide.
std::map<std::uint64_t, std::vector<float>> read_signs(const BasisKeys& keys, std::uint32_t block) {
    const std::vector<std::int64_t> widths = keys.numbers("sign_widths"), values = keys.numbers("sign_values");
    if (widths.empty()) BasisKeys::refuse("sign_widths", "is empty", ErrorCode::unsupported);
    std::map<std::uint64_t, std::vector<float>> signs;
    std::size_t at = 0;
    for (const std::int64_t width : widths) {
        if (width <= 0 || width % block != 0 || static_cast<std::uint64_t>(width) > values.size() - at)
            BasisKeys::refuse("sign_widths", fmt::format("has {}", width), ErrorCode::unsupported);
        std::vector<float>& row = signs[static_cast<std::uint64_t>(width)];
        if (!row.empty()) BasisKeys::refuse("sign_widths", fmt::format("has {} twice", width), ErrorCode::unsupported);
        for (std::int64_t i = 0; i < width; ++i) row.push_back(static_cast<float>(values[at++]));
        if (std::ranges::any_of(row, [](float sign) { return sign != 1 && sign != -1; }))
            BasisKeys::refuse("sign_values", "has others than 1 and -1", ErrorCode::unsupported);
    }
    if (at != values.size()) BasisKeys::refuse("sign_values", "has more than sign_widths", ErrorCode::unsupported);
    return signs;
}

}  // namespace

std::optional<StoredBasis> stored_basis(const Metadata& metadata) {
    const BasisKeys keys(metadata);
    StoredBasis basis;
    basis.tied_output = keys.flag("tied_output");
    if (metadata.find(std::string(kStoredBasisKeys) + "version") == nullptr) {
        if (basis.tied_output) BasisKeys::refuse("version", "is missing", ErrorCode::missing_key);
        return std::nullopt;
    }
    const std::uint32_t version = keys.number("version");
    if (version != (basis.tied_output ? 2U : 1U))
        BasisKeys::refuse("version", fmt::format("is {}, with tied_output {}", version, basis.tied_output),
                          ErrorCode::unsupported);
    basis.block = keys.number("block_size");
    if (!std::has_single_bit(basis.block))
        BasisKeys::refuse("block_size", fmt::format("is {}, no power of two", basis.block), ErrorCode::unsupported);
    keys.expect("transform", "normalized-sylvester-walsh-hadamard");
    keys.expect("axis", "input-last-dimension");
    const std::string_view sign_mode = keys.text("sign_mode");
    if (sign_mode != "identity") keys.expect("sign_mode", "explicit");
    basis.matrices = keys.names("weight_names");
    if (basis.matrices.empty()) BasisKeys::refuse("weight_names", "names nothing", ErrorCode::unsupported);
    if (sign_mode == "explicit") basis.signs = read_signs(keys, basis.block);
    basis.grouped_heads = keys.flag("gdn_v_grouped");
    basis.tables = keys.names("inverse_weight_names");
    basis.names.insert(basis.matrices.begin(), basis.matrices.end());
    basis.names.insert(basis.tables.begin(), basis.tables.end());
    return basis;
}

}  // namespace attnx::gguf
