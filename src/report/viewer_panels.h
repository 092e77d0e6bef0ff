// report: what panels of the page read beside the answer of `attend`. Private to report.
#pragma once

#include <memory>

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

// Puts tables of one document at the end of another, by their ids.
void add_tables(view::Document& to, const view::Document& from, std::initializer_list<std::string_view> ids);

}  // namespace attnx::report
