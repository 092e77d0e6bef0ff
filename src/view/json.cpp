// JSON is written here and not by a library: values stay in the Document (attention maps are large, a second copy as
// nodes would be several times larger), and a float prints with the digits of a float.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "attnx/base/error.h"
#include "attnx/base/text.h"
#include "attnx/base/version.h"
#include "json_tree.h"
#include "people.h"
#include "renderers.h"

namespace attnx::view {
namespace {

constexpr int kSchema = 1;

class Writer {
public:
    std::string take() { return std::move(out_); }

    void raw(std::string_view text) { out_ += text; }

    void string(std::string_view text) {
        out_ += '"';
        const bool plain = std::all_of(text.begin(), text.end(),
                                       [](char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; });
        if (plain) out_ += text;
        else escaped(to_valid_utf8(text));
        out_ += '"';
    }

    void number(double value) { out_ += std::isfinite(value) ? exact_text(value) : "null"; }

    void cell(const Cell& cell) {
        std::visit([this](const auto& value) { write(value); }, cell.value);
    }

    void tree(const Node& node, int depth) {
        std::visit([this, depth](const auto& value) { write_tree(value, depth); }, node.value);
    }

private:
    std::string out_;

    void escaped(std::string_view valid) {
        for (std::size_t i = 0; i < valid.size();) {
            const std::size_t length = codepoint_length(valid, i);
            const std::string_view piece = valid.substr(i, length);
            const char c = piece.front();
            if (c == '"' || c == '\\') (out_ += '\\') += c;
            else if (c == '\n') out_ += "\\n";
            else if (c == '\t') out_ += "\\t";
            else if (c == '\r') out_ += "\\r";
            else if (const auto control = unsafe_codepoint(piece))
                fmt::format_to(std::back_inserter(out_), "\\u{:04x}", *control);
            else out_ += piece;
            i += length;
        }
    }

    void write(std::monostate) { out_ += "null"; }
    void write(bool value) { out_ += value ? "true" : "false"; }
    void write(std::int64_t value) { fmt::format_to(std::back_inserter(out_), "{}", value); }
    void write(std::uint64_t value) { fmt::format_to(std::back_inserter(out_), "{}", value); }
    void write(double value) { number(value); }
    void write(const std::string& value) { string(value); }
    void write(const List& list) {
        out_ += '[';
        for (const Cell& item : list) {
            if (&item != &list.front()) out_ += ", ";
            cell(item);
        }
        out_ += ']';
    }

    void new_line(int depth) { out_.append(1, '\n').append(static_cast<std::size_t>(depth) * 2, ' '); }

    static bool is_leaf(const Node& node) {
        return std::holds_alternative<std::monostate>(node.value) || std::holds_alternative<const Cell*>(node.value);
    }

    // An object of leaves inside an array keeps to one line, so that a table reads as one.
    static bool fits_one_line(const Node::Members& members) {
        return std::all_of(members.begin(), members.end(), [](const Member& m) { return is_leaf(m.node); });
    }

    void write_tree(std::monostate, int) { out_ += "null"; }
    void write_tree(const Cell* value, int) { cell(*value); }

    void write_tree(const Node::Members& members, int depth) {
        out_ += '{';
        for (const Member& member : members) {
            if (&member != &members.front()) out_ += ',';
            new_line(depth + 1);
            string(member.name);
            out_ += ": ";
            tree(member.node, depth + 1);
        }
        if (!members.empty()) new_line(depth);
        out_ += '}';
    }

    void one_line(const Node::Members& members) {
        out_ += '{';
        for (const Member& member : members) {
            if (&member != &members.front()) out_ += ", ";
            string(member.name);
            out_ += ": ";
            tree(member.node, 0);
        }
        out_ += '}';
    }

    void write_tree(const Node::Elements& elements, int depth) {
        out_ += '[';
        for (const Node& node : elements) {
            if (&node != &elements.front()) out_ += ',';
            new_line(depth + 1);
            const auto* members = std::get_if<Node::Members>(&node.value);
            if (members != nullptr && fits_one_line(*members)) one_line(*members);
            else tree(node, depth + 1);
        }
        if (!elements.empty()) new_line(depth);
        out_ += ']';
    }

    void write_tree(const Numbers* numbers, int depth) {
        const float* next = numbers->values.data();
        dimension(*numbers, 0, next, depth);
    }

    void dimension(const Numbers& numbers, std::size_t axis, const float*& next, int depth) {
        if (axis == numbers.shape.size()) return single(*next++);
        const bool innermost = axis + 1 == numbers.shape.size();
        out_ += '[';
        for (std::uint64_t i = 0; i < numbers.shape[axis]; ++i) {
            if (i > 0) out_ += innermost ? ", " : ",";
            if (!innermost) new_line(depth + 1);
            dimension(numbers, axis + 1, next, depth + 1);
        }
        if (!innermost && numbers.shape[axis] > 0) new_line(depth);
        out_ += ']';
    }

    void single(float value) {
        if (!std::isfinite(value)) out_ += "null";
        else fmt::format_to(std::back_inserter(out_), "{}", value);
    }
};

void write_model(Writer& writer, const std::optional<ModelRef>& model) {
    writer.raw(",\n  \"model\": ");
    if (!model) return writer.raw("null");
    writer.raw("{\"path\": ");
    writer.string(model->path);
    writer.raw(", \"architecture\": ");
    writer.string(model->architecture);
    writer.raw(", \"name\": ");
    writer.cell(model->name);
    writer.raw("}");
}

void write_findings(Writer& writer, const Findings& findings) {
    writer.raw(",\n  \"findings\": [");
    for (const Finding& finding : findings) {
        const FindingRow& kind = row(finding.id);
        writer.raw(&finding == &findings.front() ? "\n    {\"id\": " : ",\n    {\"id\": ");
        writer.string(kind.slug);
        writer.raw(", \"severity\": ");
        writer.string(to_string(kind.severity));
        writer.raw(", \"message\": ");
        writer.string(finding.message);
        writer.raw("}");
    }
    writer.raw(findings.empty() ? "]\n}\n" : "\n  ]\n}\n");
}

void write_head(Writer& writer) {
    writer.raw(fmt::format("{{\n  \"attnx\": \"{}\",\n  \"schema\": {}", kVersion, kSchema));
}

}  // namespace

std::string render_json(const Document& document, const Surface&) {
    Writer writer;
    write_head(writer);
    writer.raw(",\n  \"command\": ");
    writer.string(document.command);
    write_model(writer, document.model);
    writer.raw(",\n  \"result\": ");
    writer.tree(result_tree(document), 1);
    write_findings(writer, document.findings);
    return writer.take();
}

std::string render_error_json(const Error& error) {
    Writer writer;
    const Where& where = error.where();
    write_head(writer);
    writer.raw(",\n  \"error\": {\"code\": ");
    writer.string(slug(error.code()));
    writer.raw(", \"message\": ");
    writer.string(error.message());
    writer.raw(", \"path\": ");
    writer.cell(where.path.empty() ? Cell() : Cell(where.path));
    writer.raw(", \"offset\": ");
    writer.cell(where.offset);
    writer.raw("}\n}\n");
    return writer.take();
}

}  // namespace attnx::view
