// Whether a figure of memory is llama.cpp's or an estimate, said by every command that prints one.
#pragma once

#include <fmt/format.h>

#include <string>

#include "attnx/analysis/kv_cost.h"
#include "attnx/model/reference.h"
#include "attnx/view/document.h"

namespace attnx::report {

// In a sentence; the words "exact" and "estimate" never stand together.
inline std::string exactness(const model::ModelSpec& spec) {
    const auto reason = analysis::estimate_reason(spec);
    return reason ? fmt::format("an estimate: {}", *reason)
                  : fmt::format("exact for llama.cpp {}", model::kLlamaCppBuild);
}

inline void add_exactness(view::Facts& facts, const model::ModelSpec& spec, const std::string& path) {
    const auto reason = analysis::estimate_reason(spec);
    const auto add = [&](const char* key, view::Cell value) {
        facts.facts.push_back({path + key, "", std::move(value), view::Unit::none, view::Show::scripts, ""});
    };
    add("llama_cpp_build", std::string(model::kLlamaCppBuild));
    add("exact", !reason);
    add("estimate_reason", reason ? view::Cell(*reason) : view::Cell());
}

}  // namespace attnx::report
