// What writers of networks have in common. Private to view.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attnx/view/document.h"

namespace attnx::view {

// Where a row of edges leads, and how strong.
struct Tie {
    std::uint64_t source = 0, target = 0;
    double weight = 0;
};
Tie tie_of(const std::vector<Cell>& edge);

// What a node is called: as people see it, and as scripts get it.
std::string visible_label(const Network& network, std::uint64_t node);
std::string plain_label(const Network& network, std::uint64_t node);

// A cell as plain text: what attributes of files hold.
std::string plain_text(const Cell& cell);

// Facts and columns that scripts get, in files too.
bool is_kept(const Fact& fact);
bool is_kept(const Column& column);

// Columns of edges beside the two nodes and the weight.
inline constexpr std::size_t kOwnColumns = 3;

// Line breaks and others that would end a comment, gone.
std::string one_line(std::string_view text);

}  // namespace attnx::view
