// JSON is written here and not by a library: values stay where they are (attention maps are large, a copy as nodes
// would be several times larger), and a float prints with the digits of a float.
#include <fmt/format.h>

#include <algorithm>

#include "attnx/base/error.h"
#include "attnx/base/version.h"
#include "json_text.h"
#include "json_tree.h"
#include "people.h"
#include "pieces.h"

namespace attnx::view {
namespace {

constexpr int kSchema = 1;

class JsonWriter {
public:
    explicit JsonWriter(Sink& out) : pieces_(out), out_(pieces_.text) {}

    void raw(std::string_view text) { out_ += text; }
    void string(std::string_view text) { append_json(out_, text); }
    void cell(const Cell& cell) { append_json(out_, cell); }
    void tree(const Node& node, int depth) {
        std::visit([this, depth](const auto& value) { write_tree(value, depth); }, node.value);
        pieces_.settle();
    }
    void finish() { pieces_.finish(); }

private:
    Pieces pieces_;
    std::string& out_;

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
    void write_tree(const List* list, int) { append_json(out_, *list); }

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

    void write_tree(const Nested& numbers, int depth) {
        std::uint64_t next = 0;
        if (numbers.shape.empty()) append_json(out_, (*numbers.rows)(0).front());
        else dimension(numbers, 0, next, depth);
    }

    void dimension(const Nested& numbers, std::size_t axis, std::uint64_t& next, int depth) {
        if (axis + 1 == numbers.shape.size())
            return run(numbers.shape[axis] > 0 ? (*numbers.rows)(next++) : RowValues());
        out_ += '[';
        for (std::uint64_t i = 0; i < numbers.shape[axis]; ++i) {
            if (i > 0) out_ += ',';
            new_line(depth + 1);
            dimension(numbers, axis + 1, next, depth + 1);
        }
        if (numbers.shape[axis] > 0) new_line(depth);
        out_ += ']';
    }

    void run(RowValues values) {
        out_ += '[';
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i > 0) out_ += ", ";
            append_json(out_, values[i]);
            pieces_.settle();
        }
        out_ += ']';
    }
};

void write_model(JsonWriter& writer, const std::optional<ModelRef>& model) {
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

void write_findings(JsonWriter& writer, const Findings& findings) {
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

void write_head(JsonWriter& writer) {
    writer.raw(fmt::format("{{\n  \"attnx\": \"{}\",\n  \"schema\": {}", kVersion, kSchema));
}

}  // namespace

void render_json(const Document& document, const Surface&, Sink& out) {
    const Node result = result_tree(document);  // refuses what cannot be told before anything is written
    JsonWriter writer(out);
    write_head(writer);
    writer.raw(",\n  \"command\": ");
    writer.string(document.command);
    write_model(writer, document.model);
    writer.raw(",\n  \"result\": ");
    writer.tree(result, 1);
    write_findings(writer, document.findings);
    writer.finish();
}

std::string render_error_json(const Error& error) {
    TextSink text;
    JsonWriter writer(text);
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
    writer.finish();
    return std::move(text.text);
}

}  // namespace attnx::view
