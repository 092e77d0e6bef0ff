#include "support/faults.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <set>

#include <fmt/ranges.h>

#include "attnx/analysis/attention_metrics.h"
#include "attnx/analysis/loads.h"
#include "attnx/analysis/weights.h"
#include "attnx/base/error.h"
#include "attnx/forward/session.h"
#include "attnx/gguf/file.h"
#include "attnx/model/build.h"

namespace attnx::test {
namespace {

constexpr std::uint64_t kMostElements = 1U << 22;  // no change makes a larger tensor

using Shape = std::vector<std::uint64_t>;

struct ShapeChange {
    std::string_view kind;
    std::function<Shape(Shape)> apply;  // the same shape: does not apply
};

std::vector<ShapeChange> shape_changes() {
    std::vector<ShapeChange> changes;
    const auto at_each = [&](std::string_view kind, std::uint64_t (*to)(std::uint64_t)) {
        for (std::size_t i = 0; i < 4; ++i)
            changes.push_back({kind, [i, to](Shape s) {
                                   if (i < s.size()) s[i] = std::max<std::uint64_t>(to(s[i]), 1);
                                   return s;
                               }});
    };
    at_each("doubled", [](std::uint64_t n) { return 2 * n; });
    at_each("halved", [](std::uint64_t n) { return n / 2; });
    at_each("one more", [](std::uint64_t n) { return n + 1; });
    at_each("one less", [](std::uint64_t n) { return n - 1; });
    at_each("64 times", [](std::uint64_t n) { return 64 * n; });
    changes.push_back({"transposed", [](Shape s) {
                           if (s.size() > 1) std::swap(s[0], s[1]);
                           return s;
                       }});
    changes.push_back({"merged", [](Shape s) { return s.size() == 3 ? Shape{s[0], s[1] * s[2]} : s; }});
    changes.push_back({"merged in front", [](Shape s) { return s.size() == 3 ? Shape{s[0] * s[1], s[2]} : s; }});
    changes.push_back({"flattened", [](Shape s) { return s.size() == 2 ? Shape{s[0] * s[1]} : s; }});
    changes.push_back({"one number", [](Shape) { return Shape{1}; }});
    return changes;
}

std::uint64_t product(const Shape& shape) {
    std::uint64_t n = 1;
    for (const std::uint64_t dim : shape) n *= dim;
    return n;
}

// "blk.3." of "blk.3.attn_q.weight", or nothing.
std::string block_of(const std::string& name) {
    const std::size_t begin = name.find("blk.");
    if (begin == std::string::npos) return {};
    const std::size_t end = name.find('.', begin + 4);
    return end == std::string::npos ? std::string() : name.substr(0, end + 1);
}

bool mixes(const std::string& stem) {
    constexpr std::array<std::string_view, 8> kParts = {"attn_q", "attn_k",    "attn_v",   "attn_o",
                                                        "ssm_",   "shortconv", "time_mix", "indexer"};
    return std::ranges::any_of(kParts, [&](std::string_view part) {
        return stem.starts_with(part) && stem.find("norm") == std::string::npos;
    });
}

constexpr std::array<std::uint32_t, 15> kExtremes = {0,   1,    2,     3,        7,          8,          33,        63,
                                                     255, 4096, 65536, 1U << 20, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};

class Enumeration {
public:
    Enumeration(const GoldenParts& whole, std::size_t every, std::size_t first,
                const std::function<void(const Fault&)>& use)
        : whole_(whole), every_(std::max<std::size_t>(every, 1)), next_(first), use_(use) {}

    void run() {
        tensors();
        layers();
        keys();
    }

private:
    // The change is made only when it is this one's turn.
    template <class Change>
    void offer(std::string_view kind, const std::string& subject, Change change) {
        if (count_++ % every_ != next_ % every_) return;
        Fault fault{std::string(kind), std::string(kind) + " " + subject, whole_};
        if (change(fault.parts)) use_(fault);
    }

    void tensors() {
        const std::vector<ShapeChange> changes = shape_changes();
        for (std::size_t i = 0; i < whole_.tensors.size(); ++i) {
            const GoldenTensor& tensor = whole_.tensors[i];
            offer("missing", tensor.name, [&](GoldenParts& parts) {
                parts.tensors.erase(parts.tensors.begin() + static_cast<std::ptrdiff_t>(i));
                return true;
            });
            offer("twice", tensor.name, [&](GoldenParts& parts) {
                parts.tensors.push_back(tensor);
                return true;
            });
            for (const ShapeChange& change : changes)
                offer(change.kind, tensor.name, [&](GoldenParts& parts) {
                    Shape& shape = parts.tensors[i].shape;
                    const Shape before = shape;
                    shape = change.apply(shape);
                    return shape != before && product(shape) <= kMostElements;
                });
            other_layer(i);
        }
    }

    // Gives tensor i the shape that its like has in the next layer, or another tensor of its layer where all layers are
    // alike.
    void other_layer(std::size_t i) {
        offer("of another place", whole_.tensors[i].name, [&](GoldenParts& parts) {
            const std::string block = block_of(parts.tensors[i].name);
            for (std::size_t j = 1; j < parts.tensors.size(); ++j) {
                GoldenTensor& other = parts.tensors[(i + j) % parts.tensors.size()];
                if (other.shape == parts.tensors[i].shape || block_of(other.name).empty() != block.empty()) continue;
                std::swap(other.name, parts.tensors[i].name);
                return true;
            }
            return false;
        });
    }

    void layers() {
        std::set<std::string> blocks;
        for (const GoldenTensor& tensor : whole_.tensors)
            if (const std::string block = block_of(tensor.name); !block.empty()) blocks.insert(block);
        for (const std::string& block : blocks) {
            offer("without its mixer", block, [&](GoldenParts& parts) {
                return std::erase_if(parts.tensors, [&](const GoldenTensor& tensor) {
                           return tensor.name.starts_with(block) && mixes(tensor.name.substr(block.size()));
                       }) != 0;
            });
            offer("without", block, [&](GoldenParts& parts) {
                std::erase_if(parts.tensors,
                              [&](const GoldenTensor& tensor) { return tensor.name.starts_with(block); });
                return true;
            });
        }
    }

    void keys() {
        for (std::size_t i = 0; i < whole_.metadata.size(); ++i) {
            const auto& [key, value] = whole_.metadata[i];
            if (key.starts_with("general.")) continue;
            offer("without key", key, [&](GoldenParts& parts) {
                parts.metadata.erase(parts.metadata.begin() + static_cast<std::ptrdiff_t>(i));
                return true;
            });
            constexpr std::uint32_t kU32 = 4, kI32 = 5, kF32 = 6, kArray = 9;
            for (const std::uint32_t extreme : kExtremes) {
                const std::string subject = key + " = " + std::to_string(extreme);
                if (value.type == kU32)
                    offer("key", subject, [&](GoldenParts& parts) {
                        parts.metadata[i].second = GgufValue(extreme);
                        return true;
                    });
                if (value.type == kF32)
                    offer("key", subject, [&](GoldenParts& parts) {
                        parts.metadata[i].second =
                            GgufValue(extreme == 0xFFFFFFFF ? std::numeric_limits<float>::quiet_NaN()
                                                            : -1.0F + static_cast<float>(extreme));
                        return true;
                    });
                if (value.type == kArray && (value.element_type == kU32 || value.element_type == kI32)) {
                    const std::size_t size = std::get<std::vector<GgufValue>>(value.content).size();
                    const bool is_u32 = value.element_type == kU32;
                    for (std::size_t k = 0; k < std::min<std::size_t>(size, 3); ++k)
                        offer("key", key + "[" + std::to_string(k) + "] = " + std::to_string(extreme),
                              [&](GoldenParts& parts) {
                                  auto& element = std::get<std::vector<GgufValue>>(parts.metadata[i].second.content)[k];
                                  element = is_u32 ? GgufValue(extreme) : GgufValue(static_cast<std::int32_t>(extreme));
                                  return true;
                              });
                }
            }
        }
    }

    const GoldenParts& whole_;
    std::size_t every_, next_, count_ = 0;
    const std::function<void(const Fault&)>& use_;
};

// Small numbers of both signs; every tensor begins with the same.
template <class Number>
class Pattern {
public:
    void fill(std::span<std::byte> data, Number (*convert)(float)) {
        const std::size_t count = data.size() / sizeof(Number);
        while (known_.size() < count) {
            state_ = state_ * 1664525U + 1013904223U;
            known_.push_back(convert(static_cast<float>(static_cast<std::int32_t>(state_)) * 0x1p-33F));
        }
        std::memcpy(data.data(), known_.data(), count * sizeof(Number));
    }

private:
    std::uint32_t state_ = 1;
    std::vector<Number> known_;
};

// Files of the same tensors at the same places differ in their headers alone: the numbers are written once for them
// all.
class FileBuilder {
public:
    std::span<const std::byte> build(const GoldenParts& parts) {
        GgufBuilder builder;
        builder.version(parts.version);
        for (const auto& [key, value] : parts.metadata) builder.key(key, value);
        std::string layout;
        for (const GoldenTensor& tensor : parts.tensors) {
            layout += fmt::format("{} {};", tensor.type, fmt::join(tensor.shape, "x"));
            builder.tensor(tensor.name, tensor.type, tensor.shape,
                           [this, half = tensor.type == "f16"](std::span<std::byte> data) {
                               if (half) halves_.fill(data, [](float value) { return round_to_half(value); });
                               else floats_.fill(data, [](float value) { return value; });
                           });
        }
        const std::vector<std::byte> header = builder.header();
        layout += std::to_string(header.size());
        if (layout == layout_) {
            std::ranges::copy(header, bytes_.begin());
        } else {
            bytes_ = builder.bytes();
            layout_ = std::move(layout);
        }
        return bytes_;
    }

private:
    Pattern<float> floats_;
    Pattern<std::uint16_t> halves_;
    std::string layout_;
    std::vector<std::byte> bytes_;
};

LayerRead layer_read(const gguf::File& file, const model::ModelSpec& spec, std::uint32_t index) {
    LayerRead layer{spec.layers.at(index), {}};
    layer.spec.index = 0;
    const std::string block = "blk." + std::to_string(index) + ".";
    for (const auto& tensor : file.tensors()) {
        const std::string name(tensor.name);
        if (const std::size_t at = name.find(block); at != std::string::npos)
            layer.tensors.insert(fmt::format("{} {} {}", name.substr(at + block.size()),
                                             fmt::join(tensor.shape_file_order(), "x"), tensor.type_id));
    }
    return layer;
}

// Measures the layers unlike each other and unlike all that were measured whole before; of those alike in a file the
// last, whose matrices lie nearest to the end of the file. What ended in a refusal counts as not measured.
void measure_new_layers(const gguf::File& file, const model::ModelSpec& spec, std::vector<LayerRead>& measured) {
    std::vector<LayerRead> fresh;
    analysis::WeightOptions options;
    options.threads = 1;
    for (std::uint32_t i = spec.layer_count; i-- > 0;) {
        LayerRead layer = layer_read(file, spec, i);
        const auto is_it = [&](const std::vector<LayerRead>& among) {
            return std::ranges::find(among, layer) != among.end();
        };
        if (is_it(measured) || is_it(fresh)) continue;
        fresh.push_back(std::move(layer));
        options.layers.push_back(i);
    }
    std::ranges::reverse(options.layers);
    analysis::measure_weights(file, spec, options);
    measured.insert(measured.end(), fresh.begin(), fresh.end());
}

class Reader : public trace::Sink {
public:
    bool wants_attention(std::uint32_t) override { return true; }
    void attention(const trace::AttentionRows& rows) override {
        for (const float weight : rows.weights) sum_ += weight;
    }
    bool wants_block_output(std::uint32_t) override { return true; }
    void block_output(std::uint32_t, std::span<const float> values, std::uint32_t) override {
        for (const float value : values) sum_ += value;
    }

private:
    float sum_ = 0.0F;
};

template <class Command>
void run(std::string_view command, const std::string& what, Endings& endings, Command go) {
    ++endings.runs;
    Ending ending = Ending::answered;
    std::string reason;
    try {
        go();
    } catch (const Error& error) {
        ending = error.code() == ErrorCode::internal ? Ending::broken : Ending::refused;
        reason = error.what();
    } catch (const std::exception& error) {
        ending = Ending::broken;
        reason = error.what();
    }
    constexpr std::array<std::string_view, 3> kNames = {"answered", "refused", "broken"};
    ++endings.counts[std::string(command) + " " + std::string(kNames[static_cast<std::size_t>(ending)])];
    if (ending == Ending::broken || (ending == Ending::refused && reason.empty()))
        endings.broken.push_back(std::string(command) + ": " + what + ": " + reason);
}

}  // namespace

void for_each_fault(const GoldenParts& whole, std::size_t every, std::size_t first,
                    const std::function<void(const Fault&)>& use) {
    Enumeration(whole, every, first, use).run();
}

void run_commands(std::span<const std::byte> bytes, const std::string& what, Endings& endings) {
    run("check", what, endings, [&] {
        const auto file = gguf::File::from_bytes(bytes, "m.gguf", {.join_split = true, .allow_truncated_data = true});
        const model::ModelSpec spec = model::build_spec(file);
        analysis::loads(file, spec);
        model::cross_check(spec, file);
    });
    run("weights", what, endings, [&] {
        const auto file = gguf::File::from_bytes(bytes, "m.gguf");
        const model::ModelSpec spec = model::build_spec(file);
        measure_new_layers(file, spec, endings.measured);
    });
    run("attend", what, endings, [&] {
        const auto file = gguf::File::from_bytes(bytes, "m.gguf");
        const model::ModelSpec spec = model::build_spec(file);
        forward::SessionOptions options;
        options.threads = 1;
        forward::Session session(file, spec, options);
        Reader reader;
        constexpr std::array<std::uint32_t, 4> kTokens = {1, 5, 9, 3};
        forward::FeedOptions feed;
        feed.logits = true;
        session.feed(kTokens, reader, feed);
    });
}

void run_commands(const GoldenParts& parts, const std::string& what, Endings& endings) {
    static FileBuilder builder;
    run_commands(builder.build(parts), what, endings);
}

}  // namespace attnx::test
