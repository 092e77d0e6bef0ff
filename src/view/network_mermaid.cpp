// Mermaid (mermaid.js.org), as GitHub and GitLab draw it. Its labels are Markdown, HTML and directives at once: all
// ASCII but letters, digits and blanks is spelled as #code;.
#include <fmt/format.h>

#include "attnx/view/render.h"
#include "network.h"
#include "pieces.h"

namespace attnx::view {
namespace {

bool is_plain(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' ||
           static_cast<unsigned char>(c) >= 0x80;
}

std::string mermaid_text(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        if (is_plain(c)) safe += c;
        else safe += fmt::format("#{};", static_cast<int>(c));
    }
    return safe.empty() ? " " : safe;
}

}  // namespace

void write_mermaid(const Network& network, Sink& out) {
    Pieces pieces(out);
    std::string& text = pieces.text;
    text = "flowchart LR\n";
    for (const Fact& fact : network.about)
        if (is_kept(fact)) text += fmt::format("%% {}: {}\n", fact.id, mermaid_text(plain_text(fact.value)));
    for (std::size_t i = 0; i < network.nodes.rows.size(); ++i) {
        text += fmt::format("n{}[\"{}\"]\n", i, mermaid_text(visible_label(network, i)));
        pieces.settle();
    }
    for (const auto& edge : network.edges.rows) {
        const Tie tie = tie_of(edge);
        text += fmt::format("n{} -->|{:.3f}| n{}\n", tie.source, tie.weight, tie.target);
        pieces.settle();
    }
    pieces.finish();
}

}  // namespace attnx::view
