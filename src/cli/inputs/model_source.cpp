#include "model_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "../arguments/option_rows.h"
#include "attnx/analysis/loads.h"
#include "attnx/base/error.h"
#include "attnx/gguf/file.h"
#include "attnx/gguf/part_name.h"
#include "attnx/model/build.h"
#include "attnx/report/report.h"
#include "model_json.h"
#include "open_model.h"

namespace attnx::cli {
namespace {

ModelSource model_from_file(const Environment& environment, const std::string& path) {
    const gguf::File file = open_model(environment, path, Reads::header);
    ModelSource source;
    source.spec = analysis::spec_with_refusals(file);
    source.model = report::model_ref(file, source.spec);
    source.compute = model::build_compute_plan(source.spec, file.tensors());
    source.spec.findings.insert(source.spec.findings.begin(), file.findings().begin(), file.findings().end());
    if (file.parts_missing() == 0) source.weight_bytes = gguf::bytes_of(file.tensors()).value_or(0);
    return source;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

// Parts of one split set count as one model, named by the first.
std::vector<std::string> models_here() {
    std::vector<std::string> paths;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(".", ignored)) {
        const std::string name = entry.path().filename().string();
        if (!name.ends_with(".gguf") || !entry.is_regular_file(ignored)) continue;
        if (const auto part = gguf::part_name(name); part && part->number != 1) continue;
        paths.push_back(name);
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

constexpr std::string_view kFourWays =
    "name a MODEL, or leave it out and (1) give the geometry with --layers, --kv-heads, --head-dim, "
    "(2) pipe in the output of `attnx inspect --json`, (3) set ATTNX_MODEL, "
    "or (4) stand in a folder with exactly one *.gguf";

}  // namespace

void ModelOptions::declare(Options& options) {
    Option path = model_argument(path_);
    path.required = false;
    path.help = "a GGUF file; may be left out, as said above";
    options.push_back(std::move(path));
    const auto number = [&](const char* spelling, const char* name, const char* help, std::uint32_t& target) {
        options.push_back(value({spelling}, name, help, "", [this, &target](std::string_view text) {
            target = static_cast<std::uint32_t>(count(text, 1, 0x7FFFFFFF));
            by_hand_ = true;
        }));
    };
    number("--layers", "N", "by hand: layers", geometry_.layers);
    number("--heads", "N", "by hand: query heads (the KV heads if not given)", geometry_.heads);
    number("--kv-heads", "N", "by hand: KV heads (the query heads if not given)", geometry_.kv_heads);
    number("--head-dim", "N", "by hand: elements of a head's K and V", geometry_.head_dim);
    number("--head-dim-v", "N", "by hand: elements of a head's V, where they differ", geometry_.head_dim_v);
    number("--kv-lora-rank", "N", "by hand: latent attention: elements of the vector kept for K and V",
           geometry_.latent_rank);
    number("--rope-dim", "N", "by hand: elements that are rotated (all of a head's, or beside the latent vector)",
           geometry_.rope_dimensions);
    number("--window", "N", "by hand: sliding window in tokens", geometry_.window);
    number("--window-period", "N", "by hand: every N-th layer sees everything, the others the window",
           geometry_.window_period);
    number("--embedding", "N", "by hand: width of the residual stream (heads x head dim if not given)",
           geometry_.embedding);
    number("--feed-forward", "N", "by hand: width of the feed-forward network", geometry_.feed_forward);
    number("--trained-context", "N", "by hand: the context the model was trained on", geometry_.context);
    number("--vocabulary", "N", "by hand: tokens in the vocabulary", geometry_.vocabulary);
}

ModelSource ModelOptions::load(const Environment& environment) const {
    if (!path_.empty() && by_hand_)
        throw Error(ErrorCode::usage, "a MODEL and a geometry by hand contradict each other");
    if (!path_.empty()) return model_from_file(environment, path_);
    if (by_hand_) {
        ModelSource source;
        source.spec = model::build_spec(geometry_);
        source.compute = model::build_compute_plan(source.spec, {});
        return source;
    }
    if (!environment.stdin_is_terminal) {
        const std::string text = environment.read_stdin();
        if (!is_blank(text)) return model_from_json(text);
    }
    if (const char* path = environment.getenv("ATTNX_MODEL"); path && *path) return model_from_file(environment, path);
    const std::vector<std::string> here = models_here();
    if (here.size() == 1) return model_from_file(environment, here.front());
    throw Error(ErrorCode::no_model, fmt::format("no model: {}{}", kFourWays,
                                                 here.empty() ? "" : fmt::format("; there are {} here", here.size())));
}

}  // namespace attnx::cli
