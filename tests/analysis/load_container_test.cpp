// What llama.cpp refuses in the container: one rule a row, each a fault in a model that loads. llama.cpp b12032's own
// reader gave the same verdicts on these very files.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "attnx/analysis/loads.h"
#include "support/golden.h"
#include "support/golden_model.h"
#include "support/temp_dir.h"

namespace attnx::test {
namespace {

using analysis::LoadVerdict;

GoldenParts whole() { return golden_parts(golden_path("llama")); }
GgufBuilder model() { return whole().build(Weights::zero); }

// The model with one key's value replaced.
GgufBuilder with_key(const std::string& key, GgufValue value) {
    GoldenParts parts = whole();
    for (auto& [name, old] : parts.metadata)
        if (name == key) old = value;
    return parts.build(Weights::zero);
}

GgufBuilder with_tensor(std::vector<std::uint64_t> dimensions, std::uint32_t type, std::uint64_t bytes) {
    GgufBuilder::RawTensor tensor;
    tensor.name = "x";
    tensor.dimensions = std::move(dimensions);
    tensor.type = type;
    tensor.bytes = bytes;
    return model().raw_tensor(std::move(tensor));
}

// The model whose last tensor lies elsewhere: so many bytes from where it should.
GgufBuilder with_last_moved(std::int64_t by) {
    GoldenParts parts = whole();
    std::uint64_t offset = 0;
    for (const GoldenTensor& tensor : parts.tensors) {
        if (&tensor == &parts.tensors.back()) break;
        offset += (tensor_bytes(tensor.type, tensor.shape) + 31) / 32 * 32;
    }
    const GoldenTensor last = parts.tensors.back();
    parts.tensors.pop_back();
    return parts.build(Weights::zero)
        .raw_tensor({.name = last.name,
                     .dimensions = last.shape,
                     .type = tensor_type_id(last.type),
                     .offset = static_cast<std::uint64_t>(static_cast<std::int64_t>(offset) + by),
                     .bytes = tensor_bytes(last.type, last.shape),
                     .fill = {},
                     .dimension_count = {}});
}

LoadVerdict ask(const std::function<gguf::File()>& open) {
    try {
        return analysis::loads(open());
    } catch (const Error& error) {
        return analysis::verdict_of(error);
    }
}

LoadVerdict verdict(const GgufBuilder& builder) {
    const std::vector<std::byte> bytes = builder.bytes();
    return ask(
        [&] { return gguf::File::from_bytes(bytes, "m.gguf", {.join_split = false, .allow_truncated_data = true}); });
}

struct Row {
    const char* rule;
    GgufBuilder file;
    std::optional<bool> loads;
    const char* name = "";  // of the refusal; "*": not compared
};

const std::string kLast = whole().tensors.back().name;
const std::uint32_t kF32 = 0;

std::vector<Row> rows() {
    const std::string long_name(64, 'x');
    const std::vector<std::vector<std::uint32_t>> nested = {{1}, {2}};
    return {
        {"whole", model(), true},
        {"version 2", model().version(2), true},
        {"version 1", model().version(1), false},
        {"a version to come", model().version(4), false},
        {"the other byte order", model().big_endian(), false},
        {"a key twice", model().key("llama.block_count", 2u), false, "llama.block_count"},
        {"an empty key", model().key("", 1u), std::nullopt},
        {"a very long key", model().key(std::string(70000, 'k'), 1u), std::nullopt},
        {"an unusual key", model().key("Some Key!", 1u), true},
        {"a bool that is 2", model().raw_key("some.flag", 7, {std::byte{2}}), true},
        {"a type of value that is none", model().raw_key("some.key", 13, {std::byte{0}}), false, "some.key"},
        {"an array of arrays", model().key("some.key", nested), false, "some.key"},
        {"alignment 64", model().alignment(64), true},
        {"alignment 1", model().alignment(1), true},
        {"alignment 24", model().key("general.alignment", 24u), false, "general.alignment"},
        {"alignment 0", model().key("general.alignment", 0u), false, "general.alignment"},
        {"alignment of 64 bits", model().key("general.alignment", std::uint64_t{32}), false, "general.alignment"},
        {"a gap before a tensor", with_last_moved(32), false, kLast.c_str()},
        {"two tensors that share bytes", with_last_moved(-32), false, kLast.c_str()},
        {"a tensor off the alignment", with_last_moved(4), false, kLast.c_str()},
        {"bytes after the last tensor", model().append(std::vector<std::byte>(100)), true},
        {"a file cut short in the last tensor", model().truncate_to(model().bytes().size() - 4), false, kLast.c_str()},
        {"a file cut short in the table", model().truncate_to(model().tensor_offset(kLast) + 8), false, "*"},
        {"a tensor twice", model().tensor(kLast, "f32", {32}), false, kLast.c_str()},
        {"a type given up", with_tensor({32}, 36, 32), false, "x"},
        {"a type that is none", with_tensor({32}, 44, 32), false, "x"},
        {"a row of half a block", with_tensor({48}, 8, 51), false, "x"},
        {"five dimensions", with_tensor({1, 1, 1, 1, 1}, kF32, 4), false, "x"},
        {"a negative dimension", with_tensor({UINT64_MAX}, kF32, 4), false, "x"},
        {"more elements than can be counted", with_tensor({1u << 31, 1u << 31, 4}, kF32, 4), false, "x"},
        {"a name of 64 bytes", model().tensor(long_name, "f32", {32}), false, "*"},
        {"file type", with_key("general.name", "n").key("general.file_type", 1u), true},
        {"file type of another type", model().key("general.file_type", 1), false, "general.file_type"},
        {"quantisation version of any type", model().key("general.quantization_version", "2"), true},
        {"kind of file of any type", model().key("general.type", 1u), true},
        {"name of another type", with_key("general.name", 1u), false, "general.name"},
        {"architecture of another type", with_key("general.architecture", 1u), false, "general.architecture"},
        {"an architecture that is none", with_key("general.architecture", "orca"), false, "general.architecture"},
        {"a part count of one", model().key("split.count", std::uint16_t{1}), true},
        {"a part count of another type", model().key("split.count", 1u), false, "split.count"},
        {"a part count of another sign", model().key("split.count", -1), false, "split.count"},
        {"several parts, and this is one of them",
         model().key("split.count", std::uint16_t{2}).key("split.no", std::uint16_t{0}), false, "split.count"},
    };
}

TEST(LoadsContainer, as_llama_cpp_rule_by_rule) {
    std::size_t number = 0;
    for (const Row& row : rows()) {
        SCOPED_TRACE(row.rule);
        if (const char* folder = std::getenv("ATTNX_KEEP_FILES"))  // to ask llama.cpp
            row.file.write(std::filesystem::path(folder) / (std::to_string(1000 + number++) + ".gguf"));
        const LoadVerdict ours = verdict(row.file);
        const std::string message = ours.refusal ? ours.refusal->message : "nothing refused";
        EXPECT_EQ(ours.loads, row.loads) << message;
        if (row.name != std::string("*")) {
            EXPECT_EQ(ours.refusal ? ours.refusal->name : "", row.name) << message;
        }
        EXPECT_EQ(ours.refusal.has_value(), ours.loads == false);
    }
}

// The model in two parts: all tensors but the last, and the last.
struct Parts {
    TempDir folder;
    std::filesystem::path first() const { return folder / "m-00001-of-00002.gguf"; }
    std::filesystem::path second() const { return folder / "m-00002-of-00002.gguf"; }

    void write(const GgufValue& total, const std::optional<GgufValue>& second_number, bool with_total = true) const {
        GoldenParts head = whole(), tail;
        tail.tensors.push_back(head.tensors.back());
        head.tensors.pop_back();
        GgufBuilder one = head.build(Weights::zero);
        one.key("split.count", std::uint16_t{2}).key("split.no", std::uint16_t{0});
        if (with_total) one.key("split.tensors.count", total);
        one.write(first());
        GgufBuilder two = tail.build(Weights::zero);
        two.key("split.count", std::uint16_t{2});
        if (second_number) two.key("split.no", *second_number);
        two.write(second());
    }

    LoadVerdict verdict() const {
        if (const char* keep = std::getenv("ATTNX_KEEP_FILES")) {  // to ask llama.cpp
            static int number = 0;
            const auto to = std::filesystem::path(keep) / ("parts-" + std::to_string(number++));
            std::filesystem::copy(folder.path(), to, std::filesystem::copy_options::recursive);
        }
        return ask([&] { return gguf::File::open(second(), {.join_split = true, .allow_truncated_data = true}); });
    }
};

TEST(LoadsContainer, joins_the_parts_as_llama_cpp) {
    const auto total = static_cast<std::int32_t>(whole().tensors.size());
    const GgufValue one(std::uint16_t{1});
    const auto with = [&](const GgufValue& announced, const std::optional<GgufValue>& number, bool has_total = true) {
        const Parts parts;
        parts.write(announced, number, has_total);
        return parts.verdict();
    };
    EXPECT_EQ(with(total, one).loads, true);
    EXPECT_EQ(with(static_cast<std::uint32_t>(total), one).refusal->name, "split.tensors.count");
    EXPECT_EQ(with(total + 1, one).refusal->name, "split.tensors.count");
    EXPECT_EQ(with(total, one, false).refusal->name, "split.tensors.count");
    EXPECT_EQ(with(total, GgufValue(1u)).refusal->name, "split.no");
    EXPECT_EQ(with(total, GgufValue(std::uint16_t{0})).refusal->name, "split.no");
    EXPECT_EQ(with(total, std::nullopt).refusal->name, "split.no");
    const Parts alone;
    alone.write(total, one);
    std::filesystem::remove(alone.first());
    EXPECT_EQ(alone.verdict().loads, false);
}

TEST(LoadsContainer, says_nothing_where_the_file_could_not_be_reached) {
    EXPECT_EQ(analysis::verdict_of(Error(ErrorCode::cannot_open, "no permission")).loads, std::nullopt);
    EXPECT_EQ(analysis::verdict_of(Error(ErrorCode::out_of_memory, "too large")).loads, std::nullopt);
    EXPECT_EQ(analysis::verdict_of(Error(ErrorCode::truncated, "too short")).loads, false);
}

}  // namespace
}  // namespace attnx::test
