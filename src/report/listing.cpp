#include "attnx/report/listing.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnx/analysis/file_kind.h"
#include "attnx/analysis/kv_cost.h"
#include "attnx/analysis/loads.h"
#include "attnx/base/error.h"
#include "attnx/model/build.h"
#include "attnx/report/report.h"
#include "geometry.h"
#include "inspect_parts.h"

namespace attnx::report {
namespace {

using analysis::LoadVerdict;
using model::LayerSpec;
using model::ModelSpec;
using view::Cell;
using view::Show;
using view::Unit;

view::Column column(std::string id, std::string label, Unit unit = Unit::none, Show show = Show::all) {
    return {.id = std::move(id), .label = std::move(label), .unit = unit, .show = show};
}

std::string context_text(std::uint64_t context) {
    return context % 1024 == 0 ? fmt::format("{}k", context / 1024) : fmt::format("{}", context);
}

std::vector<view::Column> columns(std::span<const std::uint64_t> contexts) {
    constexpr Show kScripts = Show::scripts;
    std::vector<view::Column> all = {
        column("model", "model"),
        column("path", "", Unit::none, kScripts),
        column("name", "", Unit::none, kScripts),
        column("kind", "", Unit::none, kScripts),
        column("architecture", "architecture"),
        column("parameters", "parameters", Unit::count),
        column("active_parameters", "", Unit::count, kScripts),
        column("quantization", "quantisation"),
        column("size_bytes", "size", Unit::bytes),
        column("context_length", "context", Unit::tokens),
        column("attention_kind", "attention"),
        column("head_count", "", Unit::none, kScripts),
        column("head_count_kv", "", Unit::none, kScripts),
        column("head_dim_k", "", Unit::none, kScripts),
    };
    all.front().shrink = true;
    for (std::size_t i = 0; i < contexts.size(); ++i) {
        all.push_back(column(fmt::format("kv_bytes_at/{}/context", i), "", Unit::tokens, kScripts));
        all.push_back(
            column(fmt::format("kv_bytes_at/{}/bytes", i), "KV at " + context_text(contexts[i]), Unit::bytes));
    }
    all.push_back(column("verdict", "llama.cpp"));
    all.push_back(column("reason", "", Unit::none, kScripts));
    return all;
}

class ModelRow {
public:
    explicit ModelRow(std::span<const std::uint64_t> contexts) : contexts_(contexts), columns_(columns(contexts)) {
        cells_.resize(columns_.size());
        for (std::size_t i = 0; i < contexts.size(); ++i) set(fmt::format("kv_bytes_at/{}/context", i), contexts[i]);
    }

    void set(std::string_view id, Cell value) {
        const auto found = std::ranges::find(columns_, id, &view::Column::id);
        cells_[static_cast<std::size_t>(found - columns_.begin())] = std::move(value);
    }
    void say(std::string_view verdict, const std::optional<std::string>& reason = {}) {
        set("verdict", verdict);
        set("reason", reason);
    }

    void judge(const LoadVerdict& verdict) {
        if (verdict.refusal) return say("refuses", verdict.refusal->message);
        say(verdict.loads ? "loads" : "unknown");
    }

    void describe(const gguf::File& file) {
        const view::ModelRef ref = model_ref(file);
        set("name", ref.name);
        if (!ref.architecture.empty()) set("architecture", ref.architecture);
        set("size_bytes", file.size_bytes());
        set("quantization", quantization_name(file));
        const analysis::FileKind kind = analysis::kind_of(file).kind;
        set("kind", to_string(kind));
        if (!may_have_layers(kind)) return say(to_string(kind));
        const ModelSpec spec = model::build_spec(file);
        describe(spec);
        judge(analysis::loads(file, spec, text::Tokens::unread));
    }

    std::vector<Cell> take() { return std::move(cells_); }

private:
    void describe(const ModelSpec& spec) {
        if (spec.parameter_count > 0) set("parameters", spec.parameter_count);
        set("active_parameters", spec.active_parameter_count);
        if (spec.context_length > 0) set("context_length", spec.context_length);
        set("attention_kind", attention_kind(spec));
        set("head_count", uniform(spec, &LayerSpec::head_count));
        set("head_count_kv", uniform(spec, &LayerSpec::head_count_kv));
        set("head_dim_k", uniform(spec, &LayerSpec::head_dim_k));
        for (std::size_t i = 0; i < contexts_.size(); ++i)
            set(fmt::format("kv_bytes_at/{}/bytes", i), cache_bytes(spec, contexts_[i]));
    }

    // Nothing where llama.cpp would refuse such a context.
    static Cell cache_bytes(const ModelSpec& spec, std::uint64_t context) {
        try {
            return analysis::kv_cost(spec, {.context = context}).total_bytes;
        } catch (const Error& error) {
            if (error.code() == ErrorCode::refused || error.code() == ErrorCode::overflow) return {};
            throw;
        }
    }

    std::span<const std::uint64_t> contexts_;
    std::vector<view::Column> columns_;
    std::vector<Cell> cells_;
};

// For people: why a file was not read, or would not be loaded.
view::Table reasons(const std::vector<std::vector<Cell>>& rows) {
    view::Table table{.title = "Why not", .show = Show::people};
    table.columns = {{"", "model"}, {"", "reason"}};
    for (const std::vector<Cell>& row : rows)
        if (!std::holds_alternative<std::monostate>(row.back().value)) table.rows.push_back({row.front(), row.back()});
    return table;
}

}  // namespace

std::vector<Cell> listed(const ListedModel& model, std::span<const std::uint64_t> contexts) {
    ModelRow row(contexts);
    row.set("model", model.model);
    row.set("path", model.path);
    if (model.problem) {
        row.say("unreadable", model.problem);
        return row.take();
    }
    std::optional<gguf::File> file;
    try {
        file.emplace(gguf::File::open(model.path, gguf::kHeaderAlone));
        row.describe(*file);
    } catch (const Error& error) {
        if (!file || error.code() == ErrorCode::file_changed) row.say("unreadable", error.message());
        else row.say(analysis::verdict_of(error).refusal ? "refuses" : "unknown", error.message());
    }
    return row.take();
}

view::Document models(std::vector<std::vector<Cell>> rows, std::span<const std::uint64_t> contexts) {
    view::Document document;
    document.command = "ls";
    view::Table why = reasons(rows);
    view::Table table{.id = "models", .columns = columns(contexts), .rows = std::move(rows)};
    if (table.rows.empty()) {
        table.show = Show::scripts;
        document.blocks.emplace_back(view::Note{"No models here."});
    }
    document.blocks.emplace_back(std::move(table));
    if (!why.rows.empty()) document.blocks.emplace_back(std::move(why));
    document.csv_table = "models";
    return document;
}

}  // namespace attnx::report
