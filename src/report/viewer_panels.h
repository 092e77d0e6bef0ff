// report: what panels of the page read beside the answer of `attend`. Private to report.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "attnx/study/ablate.h"
#include "attnx/study/lens.h"
#include "attnx/study/roles.h"
#include "attnx/study/states.h"
#include "attnx/view/document.h"

namespace attnx::report {

// Numbers to four digits, as a page shows them: a quarter of their place.
void shorten(view::Document& document);

// Without the strongest pairs of heads, which are the widest column.
void leave_out_pairs(view::Document& answer);

// What `attend --json` answers, where metrics are lists in the order of analysis::attention_metrics().
view::Document attend_of_page(const view::Document& answer);

// What `states --json` answers, as far as the page draws it.
view::Document states_of_page(const view::ModelRef& model, const std::shared_ptr<const study::MeasuredStates>& states);

// Classes of heads, and the scores that told them, as far as the page has none: those of probes.
view::Document heads_of_page(const view::ModelRef& model, const study::Roles& roles);

// What a model would say after each layer, pieces by their number in a list, and what a logit is made of.
view::Document lens_of_page(const view::ModelRef& model, const study::Lens& lens,
                            const std::function<std::string(std::uint32_t)>& piece);
// What each head, feed-forward network and other mixer adds, for scripts.
void add_attribution_tables(std::vector<view::Block>& blocks, const forward::Attribution& parts);
// The most that it takes of so many tokens, without their pieces' bytes beyond a few each.
std::uint64_t lens_bytes(const model::ModelSpec& spec, std::uint64_t tokens);

// What heads do to the answers when they are gone.
view::Document ablations_of_page(const view::ModelRef& model, const study::Ablations& ablations,
                                 std::optional<std::uint32_t> target,
                                 const std::function<std::string(std::uint32_t)>& piece);

// Puts the tables that are for people alone at the end of a document.
void add_people(view::Document& to, const view::Document& from);

// Puts tables of one document at the end of another, by their ids.
void add_tables(view::Document& to, const view::Document& from, std::initializer_list<std::string_view> ids);

}  // namespace attnx::report
