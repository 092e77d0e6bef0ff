// The `result` of a Document as a tree, before it becomes text. Private to view.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "attnx/view/document.h"

namespace attnx::view {

struct Member;

// Numbers of a shape, slowest dimension first.
struct Nested {
    std::vector<std::uint64_t> shape;
    const RowSource* rows = nullptr;
};

// Leaves point into the Document, which must outlive the tree.
struct Node {
    using Members = std::vector<Member>;
    using Elements = std::vector<Node>;
    std::variant<std::monostate, const Cell*, const List*, Nested, Members, Elements> value;
};

struct Member {
    std::string name;
    Node node;
};

// Blocks at their paths ("rope/freq_base", "rows/0/total_bytes": a numeric segment is an index).
// Throws Error{internal} when two of them claim one place.
Node result_tree(const Document& document);

}  // namespace attnx::view
