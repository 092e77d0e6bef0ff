#include "tape.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "attnx/base/checked.h"
#include "ops/matmul.h"

namespace attnx::forward {

namespace {

double dot(std::span<const double> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * static_cast<double>(b[i]);
    return sum;
}

// What a centred vector's gradient is of the vector.
void centre(std::vector<double>& gradient) {
    const double mean = std::accumulate(gradient.begin(), gradient.end(), 0.0) /
                        static_cast<double>(std::max<std::size_t>(gradient.size(), 1));
    for (double& g : gradient) g -= mean;
}

}  // namespace

double Attribution::total() const {
    double sum = embedding + other + rounding;
    for (const OfHead& head : heads) sum += head.value;
    for (const auto* layers : {&feed_forward, &mixers})
        for (const OfLayer& layer : *layers) sum += layer.value;
    return sum;
}

Tape::Node Tape::write(Writer writer, std::span<const float> values) {
    steps_.push_back({.width = values.size(), .writer = writer, .written = {values.begin(), values.end()}});
    return static_cast<Node>(steps_.size() - 1);
}

Tape::Node Tape::sum(std::size_t width, std::vector<Term> terms, std::vector<Product> products) {
    steps_.push_back({.width = width, .terms = std::move(terms), .products = std::move(products)});
    return static_cast<Node>(steps_.size() - 1);
}

// From the last step back to the first: what a step leads to is known when its turn comes.
class Tape::Reading {
public:
    Reading(const Tape& tape, Workers& workers) : tape_(tape), workers_(workers), gradients_(tape.steps_.size()) {}

    Attribution read(Node last, std::vector<double> gradient) {
        gradients_.at(last) = std::move(gradient);
        for (std::size_t i = std::size_t{last} + 1; i-- > 0;) {
            const std::vector<double> own = std::exchange(gradients_[i], {});
            if (own.empty()) continue;
            const Step& step = tape_.steps_[i];
            if (own.size() != step.width) outside(0, own.size(), step.width, "a row on the tape");
            for (const Term& term : step.terms) back(term, part(std::span(own), term.to_first, term.count, "a term"));
            for (const Product& product : step.products)
                back(product, part(std::span(own), product.to_first, product.weight.outputs, "a product"));
            if (!step.written.empty()) tell(step, own);
        }
        std::ranges::sort(found_.heads, {}, [](const auto& h) { return std::pair(h.layer, h.head); });
        for (auto* layers : {&found_.feed_forward, &found_.mixers})
            std::ranges::sort(*layers, {}, &Attribution::OfLayer::layer);
        return std::move(found_);
    }

private:
    std::span<double> gradient_of(Node node, std::size_t first, std::size_t count) {
        std::vector<double>& all = gradients_.at(node);
        all.resize(tape_.steps_.at(node).width);
        return part(std::span(all), first, count, "a row on the tape");
    }

    void add(std::span<const double> gradient, float factor, std::span<double> to) {
        for (std::size_t i = 0; i < to.size(); ++i) to[i] += static_cast<double>(factor) * gradient[i];
    }

    void back(const Term& term, std::span<const double> gradient) {
        std::vector<double> inner(gradient.begin(), gradient.end());
        for (std::size_t i = 0; i < term.gains.size(); ++i) inner.at(i) *= static_cast<double>(term.gains[i]);
        if (term.centred) centre(inner);
        add(inner, term.factor, gradient_of(term.from, term.from_first, term.count));
    }

    void back(const Product& product, std::span<const double> gradient) {
        const std::vector<double> inner = multiply_transposed(product.weight, gradient, workers_);
        if (tape_.rounds_)
            found_.rounding += dot(gradient, product.y) - static_cast<double>(product.factor) * dot(inner, product.x);
        add(inner, product.factor, gradient_of(product.from, product.from_first, inner.size()));
    }

    void tell(const Step& step, std::span<const double> gradient) {
        const Writer& writer = step.writer;
        const double all = dot(gradient, step.written);
        switch (writer.kind) {
            case WriterKind::embedding: found_.embedding += all; return;
            case WriterKind::feed_forward: found_.feed_forward.push_back({writer.layer, all}); return;
            case WriterKind::mixer: found_.mixers.push_back({writer.layer, all}); return;
            case WriterKind::other: found_.other += all; return;
            case WriterKind::heads: break;
        }
        const std::size_t dim = share(step.width, writer.heads, "numbers of a head");
        for (std::uint32_t head = 0; head < writer.heads; ++head)
            found_.heads.push_back(
                {writer.layer, head,
                 dot(gradient.subspan(head * dim, dim), std::span(step.written).subspan(head * dim, dim))});
    }

    const Tape& tape_;
    Workers& workers_;
    std::vector<std::vector<double>> gradients_;  // by step; empty: nothing comes of it
    Attribution found_;
};

Attribution Tape::parts(Node last, std::vector<double> gradient, Workers& workers) const {
    return Reading(*this, workers).read(last, std::move(gradient));
}

}  // namespace attnx::forward
