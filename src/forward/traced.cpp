#include "traced.h"

#include <algorithm>

#include "attnx/base/error.h"
#include "ops/matmul.h"

namespace attnx::forward {
namespace {

// That the row, which a tape knows, was multiplied with these.
void note_gains(Traced& m, std::span<const float> gains) {
    Tape::Term term = m.whole();
    term.gains.assign(gains.begin(), gains.end());
    m.is_sum_of(m.tape, {std::move(term)});
}

}  // namespace

void Traced::is_sum_of(Tape* of, std::vector<Tape::Term> terms, std::vector<Tape::Product> products) {
    tape = of;
    if (tape != nullptr) node = tape->sum(columns, std::move(terms), std::move(products));
}

Traced written(Tape* tape, Writer writer, Matrix matrix) {
    Traced all(std::move(matrix));
    if (tape == nullptr) return all;
    all.tape = tape;
    all.node = tape->write(writer, all.noted_row());
    return all;
}

void add_into(Traced& sum, const Traced& other) {
    if (sum.tape != other.tape) throw Error(ErrorCode::internal, "something is added to the stream that nobody wrote");
    kernel::add_into(sum, other);
    if (sum.tape != nullptr) sum.is_sum_of(sum.tape, {sum.whole(), other.whole()});
}

void scale_by(Traced& m, float factor) {
    kernel::scale_by(m, factor);
    if (m.tape != nullptr && factor != 1.0F) m.is_sum_of(m.tape, {m.whole(factor)});
}

void multiply_rows(Traced& m, std::span<const float> gains) {
    for (std::size_t t = 0; t < m.rows; ++t) multiply(m.row(t), gains);
    if (m.tape != nullptr) note_gains(m, gains);
}

void multiply_each(Traced& m, const Matrix& gains) {
    multiply(m.values, gains.values);
    if (m.tape != nullptr) note_gains(m, gains.row(m.tape->row()));
}

Traced normalized(NormRule rule, const Norm& norm, const Traced& x) {
    Traced y(normalized(rule, norm, static_cast<const Matrix&>(x)));
    if (x.tape == nullptr) return y;
    const std::span<const float> row = x.noted_row();
    const std::size_t slice = share(row.size(), rule.groups, "a row over groups of its norm");
    std::vector<Tape::Term> terms;
    for (std::size_t first = 0; first < row.size(); first += slice) {
        Tape::Term term{.from = x.node, .count = slice, .from_first = first, .to_first = first};
        term.factor = factor_to_length(rule, row.subspan(first, slice));
        term.centred = rule.kind == model::NormKind::layer;
        if (norm) {
            const auto gains = part(std::span<const float>(norm.weight), first, slice, norm.name);
            term.gains.assign(gains.begin(), gains.end());
        }
        terms.push_back(std::move(term));
    }
    if (!norm.bias.empty()) terms.push_back({.from = x.tape->write({}, norm.bias), .count = row.size()});
    y.is_sum_of(x.tape, std::move(terms));
    return y;
}

Traced applied(const Linear& linear, const Traced& x, Workers& workers) {
    Traced y(applied(linear, static_cast<const Matrix&>(x), workers));
    if (x.tape == nullptr) return y;
    const std::span<const float> in = x.noted_row(), out = y.row(x.tape->row());
    Tape::Product product{.from = x.node, .weight = linear.weight, .factor = linear.scale};
    product.x.assign(in.begin(), in.end());
    product.y.assign(out.begin(), out.end());
    std::vector<Tape::Term> terms;
    if (!linear.bias.empty()) {
        for (std::size_t i = 0; i < product.y.size(); ++i) product.y[i] -= linear.bias[i];
        terms.push_back({.from = x.tape->write({}, linear.bias), .count = y.columns});
    }
    y.is_sum_of(x.tape, std::move(terms), {std::move(product)});
    return y;
}

}  // namespace attnx::forward
