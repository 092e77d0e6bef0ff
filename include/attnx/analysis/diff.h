// analysis: how two files differ: keys, tensors, and the numbers in tensors of any two types.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "attnx/analysis/check_data.h"
#include "attnx/gguf/file.h"

namespace attnx::analysis {

struct ChangedKey {
    const gguf::Entry* a = nullptr;
    const gguf::Entry* b = nullptr;
    std::optional<std::uint64_t> element;  // the first that differs, in arrays of one type
};

// All refer to the metadata. Those of `a` in its order, then those of `b`.
struct MetadataDifferences {
    std::vector<const gguf::Entry*> only_a, only_b;
    std::vector<ChangedKey> changed;  // in value or in type
    std::uint64_t common = 0;         // keys that both have
    bool none() const { return only_a.empty() && only_b.empty() && changed.empty(); }
};

// Keys that say how a model is cut into files (split.*) are left out. Byte order makes no difference.
MetadataDifferences compare(const gguf::Metadata& a, const gguf::Metadata& b);

struct TensorPair {
    const gguf::TensorInfo* a = nullptr;
    const gguf::TensorInfo* b = nullptr;
    bool same_shape() const;
    bool same_type() const { return a->type_id == b->type_id; }
};

struct TensorDifferences {
    std::vector<const gguf::TensorInfo*> only_a, only_b;
    std::vector<TensorPair> common;  // by name, in the order of `a`
};
TensorDifferences compare_tensors(const gguf::File& a, const gguf::File& b);

// Of pairs of numbers (a, b). Sums, so that the distances of parts add up.
struct NumberDistance {
    std::uint64_t pairs = 0;   // of finite numbers: the rest is about these
    std::uint64_t unlike = 0;  // pairs of which one is not finite, and the other is not the same
    double max_abs = 0;
    double sum_abs = 0, sum_squares = 0;  // of a - b
    double squares_a = 0, squares_b = 0, products = 0;

    void add(const NumberDistance& other);
    // Nothing where there are no pairs; cosine and relative also where one is nothing but zeros.
    std::optional<double> mean_abs() const;
    std::optional<double> rmse() const;
    std::optional<double> relative() const;  // |a - b| / |a|
    std::optional<double> cosine() const;
    bool within(double tolerance) const { return unlike == 0 && max_abs <= tolerance; }
};
NumberDistance distance(std::span<const float> a, std::span<const float> b);

struct PairDistance {
    bool compared = false;  // otherwise another shape, or a type without numbers
    bool equal = false;     // to the last byte, in one type; its distance is then not taken
    NumberDistance distance = {};
};

// Of each pair. Reads both files once, in the order of `pairs`, a few MiB at a time; the same whatever the number of
// threads. Throws what File::data throws.
std::vector<PairDistance> compare_numbers(const gguf::File& a, const gguf::File& b, std::span<const TensorPair> pairs,
                                          unsigned threads, const Reading& reading = {});

}  // namespace attnx::analysis
