// What the row of one token is a sum of, noted during a pass. Each step of the stream is linear once scales of norms,
// weights of mixtures and gates are taken as they were, so that, read backwards, the tape tells what each writer adds
// to a linear function of a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attnx/forward/attribution.h"
#include "kernel.h"
#include "weights.h"

namespace attnx::forward {

enum class WriterKind : std::uint8_t { embedding, heads, feed_forward, mixer, other };

struct Writer {
    WriterKind kind = WriterKind::other;
    std::uint32_t layer = 0;
    std::uint32_t heads = 1;  // side by side in what was written
};

class Tape {
public:
    using Node = std::uint32_t;

    // result[to_first + i] += factor * gains[i] * (from[from_first + i] - mean of these, if centred)
    struct Term {
        Node from = 0;
        std::size_t count = 0, from_first = 0, to_first = 0;
        float factor = 1.0F;
        std::vector<float> gains = {};  // empty: 1
        bool centred = false;
    };
    // result[to_first …] += factor * W x, x as many elements of `from`; y: what the pass made of it.
    struct Product {
        Node from = 0;
        std::size_t from_first = 0, to_first = 0;
        Weight weight;
        float factor = 1.0F;
        std::vector<float> x = {}, y = {};
    };

    // Of row `row` of all matrices. rounds: products round what they read.
    Tape(std::size_t row, bool rounds) : row_(row), rounds_(rounds) {}

    std::size_t row() const { return row_; }
    Node write(Writer writer, std::span<const float> values);
    Node sum(std::size_t width, std::vector<Term> terms, std::vector<Product> products = {});

    // Of gradient . last, without its logit.
    Attribution parts(Node last, std::vector<double> gradient, Workers& workers) const;

private:
    struct Step {
        std::size_t width = 0;
        std::vector<Term> terms = {};
        std::vector<Product> products = {};
        Writer writer = {};
        std::vector<float> written = {};  // empty: nothing
    };
    class Reading;

    std::size_t row_;
    bool rounds_;
    std::vector<Step> steps_;
};

}  // namespace attnx::forward
