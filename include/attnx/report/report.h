// report: typed results become documents, one function per analysis. Keys follow docs/json.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attnx/analysis/check.h"
#include "attnx/analysis/compute_cost.h"
#include "attnx/analysis/host_memory.h"
#include "attnx/analysis/kv_cost.h"
#include "attnx/gguf/file.h"
#include "attnx/model/spec.h"
#include "attnx/view/document.h"

namespace attnx::report {

view::ModelRef model_ref(const gguf::File& file, const model::ModelSpec& spec);
view::ModelRef model_ref(const gguf::File& file);  // by its keys, whatever it holds

// Types of its matrices: "f32, q4_K".
std::string matrix_types(const gguf::File& file);

struct InspectOptions {
    bool layers = false;   // the per-layer table for people
    bool explain = false;  // where each fact came from
};
view::Document inspect(const gguf::File& file, const model::ModelSpec& spec, InspectOptions options);
// Of a file that holds no language model: what it is.
view::Document inspect(const gguf::File& file, const analysis::KindOfFile& is);

enum class TensorOrder : std::uint8_t { file, size, name, offset };
struct TensorOptions {
    std::string filter;      // glob over names; empty: all
    bool attention = false;  // one row per layer
    TensorOrder order = TensorOrder::file;
};
view::Document tensors(const gguf::File& file, const TensorOptions& options);

struct MetadataOptions {
    std::vector<std::string> keys;  // empty: all
    bool whole_arrays = false;
};
struct MetadataAnswer {
    view::Document document;
    std::vector<std::string> missing;  // keys asked for that are not there
};
MetadataAnswer metadata(const gguf::File& file, const MetadataOptions& options);

struct ServerAnswer {
    bool asked = false;  // the configuration is llama-server's
    analysis::ServerParams params;
    std::vector<analysis::HostMemory> host;       // of each cost; empty unless asked
    std::optional<std::uint64_t> bytes_if_asked;  // worth a line: its defaults would take something else
};
// One document for one or several contexts and cache types.
view::Document kv_cost(const std::optional<view::ModelRef>& model, const model::ModelSpec& spec,
                       std::span<const analysis::KvCost> costs, const ServerAnswer& server);

struct BudgetRow {
    analysis::ContextParams params;
    std::optional<analysis::KvCost> cost;  // at the largest context; nothing: not even the smallest fits
};
struct BudgetAnswer {
    std::uint64_t budget_bytes = 0;
    std::uint64_t weight_bytes = 0;  // already taken off the budget; 0 unless asked for
    bool as_server = false;
    std::vector<BudgetRow> rows;
};
view::Document kv_budget(const std::optional<view::ModelRef>& model, const model::ModelSpec& spec,
                         const BudgetAnswer& answer);

view::Document compute_cost(const std::optional<view::ModelRef>& model, const model::ModelSpec& spec,
                            const analysis::ComputeCost& cost);

// Of one or many files; a file that cannot be read at all is a row with its error.
view::Document check(std::span<const analysis::CheckResult> results);

}  // namespace attnx::report
