#include "network.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>

#include "attnx/base/text.h"
#include "attnx/view/token.h"
#include "drawings.h"
#include "people.h"

namespace attnx::view {
namespace {

constexpr std::size_t kMostTies = 5;    // of a node
constexpr std::size_t kMostLines = 64;  // of a network

std::uint64_t whole_of(const Cell& cell) {
    const auto* value = std::get_if<std::uint64_t>(&cell.value);
    return value != nullptr ? *value : 0;
}

std::string named(const Network& network, std::uint64_t node) {
    const std::string number = fmt::format("{}", node), label = visible_label(network, node);
    return label == number ? number : number + " " + label;
}

// Strongest first; the order of equal ones stays.
std::string ties_text(const Network& network, std::vector<Tie> ties) {
    std::ranges::stable_sort(ties, std::ranges::greater{}, &Tie::weight);
    std::string text;
    for (std::size_t i = 0; i < ties.size() && i < kMostTies; ++i)
        text += fmt::format("{}{} {:.3f}", i == 0 ? "" : "   ", named(network, ties[i].target), ties[i].weight);
    if (ties.size() > kMostTies) text += fmt::format("   … {} more", ties.size() - kMostTies);
    return text;
}

}  // namespace

Tie tie_of(const std::vector<Cell>& edge) {
    return {.source = whole_of(edge[0]), .target = whole_of(edge[1]), .weight = number_of(edge[2])};
}

std::string visible_label(const Network& network, std::uint64_t node) {
    const Cell& label = network.nodes.rows[node][1];
    if (const auto* token = std::get_if<Token>(&label.value)) return visible_token(token->bytes);
    return plain_text(label);
}

std::string plain_label(const Network& network, std::uint64_t node) { return plain_text(network.nodes.rows[node][1]); }

std::string plain_text(const Cell& cell) {
    if (const auto* token = std::get_if<Token>(&cell.value)) return plain_token(token->bytes);
    if (const auto* text = std::get_if<std::string>(&cell.value)) return printable(*text);
    if (const auto* flag = std::get_if<bool>(&cell.value)) return *flag ? "true" : "false";
    if (const auto* number = std::get_if<double>(&cell.value)) return exact_text(*number);
    if (const auto* number = std::get_if<std::uint64_t>(&cell.value)) return fmt::format("{}", *number);
    if (const auto* number = std::get_if<std::int64_t>(&cell.value)) return fmt::format("{}", *number);
    return {};
}

bool is_kept(const Fact& fact) { return for_scripts(fact.show) && !fact.id.empty() && !plain_text(fact.value).empty(); }
bool is_kept(const Column& column) { return for_scripts(column.show) && !column.id.empty(); }

std::string one_line(std::string_view text) { return printable(text); }

Table table_of(const Network& network) {
    Table table{.title = network.title,
                .columns = {{.label = network.edges.columns[0].label, .align = Align::left},
                            {.label = network.edges.columns[1].label, .align = Align::left, .shrink = true}}};
    std::map<std::uint64_t, std::vector<Tie>> ties;
    for (const auto& edge : network.edges.rows) {
        const Tie tie = tie_of(edge);
        ties[tie.source].push_back(tie);
    }
    for (const auto& [node, its] : ties) {
        if (table.rows.size() == kMostLines) {
            table.rows.push_back({"…", fmt::format("… of {} nodes", ties.size())});
            break;
        }
        table.rows.push_back({named(network, node), ties_text(network, its)});
    }
    return table;
}

}  // namespace attnx::view
