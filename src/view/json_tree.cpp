#include "json_tree.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

#include "attnx/base/error.h"
#include "people.h"

namespace attnx::view {
namespace {

[[noreturn]] void refuse_path(std::string_view path) {
    throw Error(ErrorCode::internal, "two values for the result path " + std::string(path));
}

bool is_index(std::string_view segment) {
    return !segment.empty() && std::all_of(segment.begin(), segment.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The value of one kind inside a node that is still empty or already of that kind.
template <class Kind>
Kind& become(Node& node, std::string_view path) {
    if (std::holds_alternative<std::monostate>(node.value)) node.value = Kind{};
    Kind* kind = std::get_if<Kind>(&node.value);
    if (kind == nullptr) refuse_path(path);
    return *kind;
}

Node& member(Node::Members& members, std::string_view key) {
    for (auto& [name, node] : members)
        if (name == key) return node;
    members.push_back({std::string(key), Node{}});
    return members.back().node;
}

Node& element(Node::Elements& elements, std::string_view segment, std::string_view path) {
    std::size_t index = 0;
    const auto parsed = std::from_chars(segment.data(), segment.data() + segment.size(), index);
    // Elements come in order: a path may extend the array by one, not leave holes.
    if (parsed.ec != std::errc() || index > elements.size()) refuse_path(path);
    if (index == elements.size()) elements.emplace_back();
    return elements[index];
}

Node& descend(Node& root, std::string_view path) {
    Node* node = &root;
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string_view segment = path.substr(at, end - at);
        node = is_index(segment) ? &element(become<Node::Elements>(*node, path), segment, path)
                                 : &member(become<Node::Members>(*node, path), segment);
        at = end + 1;
    }
    return *node;
}

template <class Leaf>
void place(Node& root, std::string_view path, Leaf leaf) {
    Node& node = descend(root, path);
    if (!std::holds_alternative<std::monostate>(node.value)) refuse_path(path);
    node.value = std::move(leaf);
}

template <class Block>
bool has_place(const Block& block) {
    return for_scripts(block.show) && !block.id.empty();
}

void place_table(Node& root, const Table& table) {
    auto& elements = become<Node::Elements>(descend(root, table.id), table.id);
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        if (i == elements.size()) elements.emplace_back();
        become<Node::Members>(elements[i], table.id);
        for (std::size_t c = 0; c < table.columns.size(); ++c)
            if (for_scripts(table.columns[c].show) && !table.columns[c].id.empty())
                place(elements[i], table.columns[c].id, &table.rows[i][c]);
    }
}

struct Placer {
    Node& root;

    void operator()(const Facts& block) const {
        if (!for_scripts(block.show)) return;
        for (const Fact& fact : block.facts)
            if (for_scripts(fact.show) && !fact.id.empty()) place(root, fact.id, &fact.value);
    }
    void operator()(const Table& table) const {
        if (has_place(table)) place_table(root, table);
    }
    void operator()(const Numbers& numbers) const { place(root, numbers.id, Nested{numbers.shape, &numbers.rows}); }
    void operator()(const Matrix& matrix) const {
        if (has_place(matrix)) place(root, matrix.id, Nested{{matrix.rows.size, matrix.columns.size}, &matrix.values});
    }
    void operator()(const Grid& grid) const {
        if (has_place(grid))
            place(root, grid.id, Nested{{grid.panels.size, grid.rows.size, grid.columns.size}, &grid.values});
    }
    void operator()(const Curves& curves) const {
        if (!has_place(curves)) return;
        place(root, curves.id + "/" + curves.axis.id, &curves.axis.labels);
        for (const Series& series : curves.series) place(root, curves.id + "/" + series.id, &series.values);
    }
    void operator()(const Network& network) const {
        if (!for_scripts(network.show)) return;
        (*this)(network.nodes);
        (*this)(network.edges);
    }
    void operator()(const Note&) const {}
    void operator()(const Raw&) const {}
};

}  // namespace

Node result_tree(const Document& document) {
    Node root;
    root.value = Node::Members{};
    for (const Block& block : document.blocks) std::visit(Placer{root}, block);
    return root;
}

}  // namespace attnx::view
