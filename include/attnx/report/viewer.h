// report: what a model attended to, as a page to explore.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "attnx/model/spec.h"
#include "attnx/study/ablate.h"
#include "attnx/study/attend.h"
#include "attnx/study/lens.h"
#include "attnx/study/roles.h"
#include "attnx/trace/sink.h"
#include "attnx/view/document.h"
#include "attnx/view/viewer.h"

namespace attnx::report {

// What a page is made of before any weight is known.
struct ViewerPlan {
    view::ModelRef model;
    const model::ModelSpec* spec = nullptr;
    study::Heads heads;
    view::Packing packing = view::Packing::code16;
    bool lens = false, ablate = false;  // whether there will be panels of these
};

// What is looked at beside attention.
struct ViewerMore {
    std::optional<study::Roles> roles = {};
    std::optional<study::Lens> lens = {};
    std::optional<study::Ablations> ablations = {};
    std::optional<std::uint32_t> target = {};              // of ablations
    std::function<std::string(std::uint32_t)> piece = {};  // of both
};

// Bytes that a page of these tokens takes; not fewer than it will.
std::uint64_t viewer_bytes(const ViewerPlan& plan, std::span<const study::Token> tokens);

// Writes a page while a model runs: the weights head by head, packed as they are told and not kept; at the end what was
// measured.
class Viewer final : public trace::Sink {
public:
    // What the plan and `out` refer to must outlive it.
    Viewer(view::Sink& out, ViewerPlan plan, std::span<const study::Token> tokens);

    bool wants_attention(std::uint32_t layer) override { return plan_.heads.contains(layer); }
    void attention(const trace::AttentionRows& rows) override;

    // Once all has been told; with what else is known. The map of the layer `drawn`, if it was kept, is what is seen
    // without programs.
    void finish(const std::shared_ptr<const study::Attended>& attended, const ViewerMore& more, std::uint32_t drawn);

private:
    ViewerPlan plan_;
    std::uint32_t tokens_ = 0;
    view::ViewerPage page_;
    std::vector<float> seen_;
};

// What there is to say once the page is written.
struct Viewed {
    std::string path;
    std::uint64_t bytes = 0;
};
view::Document viewed(const ViewerPlan& plan, const study::Attended& attended, const Viewed& file);

}  // namespace attnx::report
