#include "attend_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "attnx/base/error.h"
#include "attnx/view/csv.h"
#include "attnx/view/render.h"
#include "attnx/view/token.h"
#include "npy_writer.h"

namespace attnx::cli {
namespace {

// What is in FILE, as FILE.json.
void write_description(io::OutputFile& file, const std::string& path, const ExportPlan& plan, view::List shape) {
    view::Document document;
    document.command = "attend";
    document.model = plan.model;
    const auto fact = [](const char* id, view::Cell value) {
        return view::Fact{id, "", std::move(value), view::Unit::none, view::Show::scripts, ""};
    };
    document.blocks.emplace_back(
        view::Facts{"",
                    {fact("file", std::filesystem::path(path).filename().string()), fact("file_type", plan.file_type),
                     fact("rows", "queries"), fact("columns", "keys"), fact("shape", std::move(shape))},
                    view::Show::scripts});
    document.blocks.emplace_back(report::token_table(plan.tokens));
    view::Table layers;
    layers.id = "layers";
    layers.columns = {{"layer", "layer"}, {"heads", "heads"}, {"window", "window"}};
    for (std::size_t i = 0; i < plan.layers.size(); ++i) {
        view::List heads;
        for (const std::uint32_t head : plan.heads[i]) heads.emplace_back(head);
        layers.rows.push_back(
            {plan.layers[i], std::move(heads), plan.windows[i] == 0 ? view::Cell() : view::Cell(plan.windows[i])});
    }
    document.blocks.emplace_back(std::move(layers));
    file.write(view::text_of(*view::find_format("json"), document, {}));
}

class FileExport : public Export {
public:
    FileExport(io::OutputFile& file, io::OutputFile& description, ExportPlan plan)
        : plan_(std::move(plan)), file_(file), description_(description) {}

    bool wants_attention(std::uint32_t layer) override {
        return std::binary_search(plan_.layers.begin(), plan_.layers.end(), layer);
    }
    void attention(const trace::AttentionRows& rows) override {
        const auto layer = std::lower_bound(plan_.layers.begin(), plan_.layers.end(), rows.layer);
        if (layer == plan_.layers.end() || *layer != rows.layer) return;
        const auto index = static_cast<std::size_t>(layer - plan_.layers.begin());
        const std::vector<std::uint32_t>& heads = plan_.heads[index];
        const auto head = std::lower_bound(heads.begin(), heads.end(), rows.head);
        if (head == heads.end() || *head != rows.head) return;
        write_rows(rows, index, static_cast<std::size_t>(head - heads.begin()));
    }

protected:
    virtual void write_rows(const trace::AttentionRows& rows, std::size_t layer, std::size_t head) = 0;
    std::uint64_t token_count() const { return plan_.tokens.size(); }
    void describe(view::List shape) { write_description(description_, file_.path(), plan_, std::move(shape)); }

    ExportPlan plan_;
    io::OutputFile& file_;
    io::OutputFile& description_;
};

class NpyExport final : public FileExport {
public:
    NpyExport(io::OutputFile& file, io::OutputFile& description, ExportPlan plan)
        : FileExport(file, description, std::move(plan)),
          shape_{plan_.layers.size(), heads_of_each_layer(), token_count(), token_count()},
          npy_(file, shape_) {}

    void finish() override {
        view::List shape;
        for (const std::uint64_t extent : shape_) shape.emplace_back(extent);
        describe(std::move(shape));
    }

private:
    std::uint64_t heads_of_each_layer() const {
        const std::uint64_t heads = plan_.heads.empty() ? 0 : plan_.heads.front().size();
        for (const auto& chosen : plan_.heads)
            if (chosen.size() != heads)
                throw Error(ErrorCode::usage,
                            "layers differ in how many heads they have; choose layers or heads, or write .csv",
                            {file_.path(), std::nullopt, {}});
        return heads;
    }

    void write_rows(const trace::AttentionRows& rows, std::size_t layer, std::size_t head) override {
        for (std::uint32_t i = 0; i < rows.query_count; ++i) {
            const std::uint64_t row = (layer * shape_[1] + head) * token_count() + rows.first_query + i;
            npy_.write_at(row * token_count(), rows.row(rows.first_query + i).first(rows.key_count));
        }
    }

    std::vector<std::uint64_t> shape_;
    NpyWriter npy_;
};

class CsvExport final : public FileExport {
public:
    CsvExport(io::OutputFile& file, io::OutputFile& description, ExportPlan plan)
        : FileExport(file, description, std::move(plan)) {
        file_.write("layer,head,query,query_token,key,key_token,weight\n");
        for (const study::Token& token : plan_.tokens)
            labels_.push_back(view::csv_field(view::plain_token(token.piece)));
    }

    void finish() override { describe({}); }

private:
    void write_rows(const trace::AttentionRows& rows, std::size_t, std::size_t) override {
        std::string text;
        for (std::uint32_t i = 0; i < rows.query_count; ++i) {
            const std::uint32_t query = rows.first_query + i;
            const auto row = rows.row(query);
            for (std::uint32_t key = 0; key < rows.key_count; ++key)
                if (row[key] > 0)
                    fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{},{}\n", rows.layer, rows.head, query,
                                   labels_[query], key, labels_[key], row[key]);
        }
        file_.write(text);
    }

    std::vector<std::string> labels_;
};

}  // namespace

void Export::check_name(std::string_view path) {
    if (!path.ends_with(".npy") && !path.ends_with(".csv"))
        throw Error(ErrorCode::usage, fmt::format("-o {}: the name must end in .npy or .csv", path));
}

std::unique_ptr<Export> Export::open(io::OutputFile& file, io::OutputFile& description, ExportPlan plan) {
    check_name(file.path());
    if (file.path().ends_with(".npy")) return std::make_unique<NpyExport>(file, description, std::move(plan));
    return std::make_unique<CsvExport>(file, description, std::move(plan));
}

}  // namespace attnx::cli
