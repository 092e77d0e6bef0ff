#include "attnx/view/outputs.h"

#include <array>

namespace attnx::view {

// A file each.
using Render = void(const Document& document, const Surface& surface, Sink& out);
Render render_table, render_json, render_jsonl, render_csv, render_markdown;
using Stream = std::unique_ptr<NumberStream>(const StreamPlan& plan, SeekableSink& out);
Stream stream_csv, stream_npy;
using WriteNetwork = void(const Network& network, Sink& out);
WriteNetwork write_nodes_and_links, write_edges_csv, write_nodes_csv, write_dot, write_graphml, write_mermaid;
void write_svg(const Picture& picture, const PictureStyle& style, Sink& out);
std::string png_with_words(std::string_view bytes, const Picture& picture);
std::string render_error_json(const Error& error);

namespace {

constexpr std::array kOutputs = {
    OutputRow{.name = "table", .ending = ".txt", .on_terminal = true, .render = render_table},
    OutputRow{.name = "json",
              .ending = ".json",
              .carries = Carries::everything,
              .own_option = true,
              .render = render_json,
              .failure = render_error_json,
              .network = write_nodes_and_links},
    OutputRow{.name = "jsonl", .ending = ".jsonl", .carries = Carries::main, .render = render_jsonl},
    OutputRow{.name = "csv",
              .ending = ".csv",
              .carries = Carries::main,
              .render = render_csv,
              .stream = stream_csv,
              .network = write_edges_csv,
              .nodes = write_nodes_csv},
    OutputRow{.name = "markdown", .ending = ".md", .render = render_markdown},
    OutputRow{.name = "npy", .ending = ".npy", .carries = Carries::main, .stream = stream_npy, .one_shape = true},
    OutputRow{.name = "graphviz", .ending = ".dot", .carries = Carries::main, .network = write_dot},
    OutputRow{.name = "graphml", .ending = ".graphml", .carries = Carries::main, .network = write_graphml},
    OutputRow{.name = "mermaid", .ending = ".mmd", .carries = Carries::main, .network = write_mermaid},
    OutputRow{.name = "svg", .ending = ".svg", .picture = write_svg},
    OutputRow{.name = "png", .ending = ".png", .picture = write_svg, .drawn_as = "png", .finish = png_with_words},
    OutputRow{.name = "pdf", .ending = ".pdf", .picture = write_svg, .drawn_as = "pdf"},
};

}  // namespace

std::span<const OutputRow> outputs() { return kOutputs; }
const OutputRow& default_output() { return kOutputs.front(); }

const OutputRow* find_output(std::string_view name) {
    for (const OutputRow& row : kOutputs)
        if (row.render != nullptr && row.name == name) return &row;
    return nullptr;
}

const OutputRow* output_of_file(std::string_view path) {
    for (const OutputRow& row : kOutputs)
        if (path.ends_with(row.ending)) return &row;
    return nullptr;
}

std::string text_of(const OutputRow& output, const Document& document, const Surface& surface) {
    TextSink sink;
    output.render(document, surface, sink);
    return std::move(sink.text);
}

}  // namespace attnx::view
