#include <fmt/format.h>

#include "attnx/base/text.h"
#include "attnx/report/report.h"
#include "cells.h"

namespace attnx::report {
namespace {

using view::Cell;
using view::Show;

// Text that may hold line breaks: each line made safe on its own.
std::string safe_lines(std::string_view text) {
    std::string result;
    while (true) {
        const std::size_t end = text.find('\n');
        result += printable(text.substr(0, end));
        if (end == std::string_view::npos) return result;
        result += '\n';
        text.remove_prefix(end + 1);
    }
}

// A value alone: strings with their line breaks, arrays one element a line.
std::string raw_text(const gguf::Value& value) {
    const auto array = value.array();
    if (!array) return safe_lines(value_text(value, 0)) + "\n";
    std::string text;
    array->for_each(
        [&](std::uint64_t, const gguf::Value& element) { text += printable(value_text(element, 0)) + "\n"; });
    return text;
}

}  // namespace

MetadataAnswer metadata(const gguf::File& file, const MetadataOptions& options) {
    MetadataAnswer answer;
    answer.document.command = "metadata";
    answer.document.findings = file.findings();
    const gguf::Metadata& all = file.metadata();
    answer.document.model = model_ref(file);

    std::vector<const gguf::Entry*> chosen;
    for (const std::string& key : options.keys) {
        if (const gguf::Entry* entry = all.find_entry(key)) chosen.push_back(entry);
        else answer.missing.push_back(key);
    }
    if (options.keys.empty())
        for (const gguf::Entry& entry : all.entries()) chosen.push_back(&entry);

    const bool named = !options.keys.empty();
    view::Table scripts;
    scripts.id = "metadata";
    scripts.show = Show::scripts;
    scripts.columns = {{"key", "key"}, {"type", "type"}, {"length", "length"}, {"value", "value"}};
    view::Table people;
    people.show = Show::people;
    people.columns = {{"key", "key"}, {"type", "type"}, {"value", "value"}};
    people.columns[2].shrink = true;
    people.columns[2].align = view::Align::left;
    for (const gguf::Entry* entry : chosen) {
        const auto array = entry->value.array();
        const std::uint64_t most = named || options.whole_arrays ? 0 : kElementsForScripts;
        scripts.rows.push_back(
            {entry->key, type_text(entry->value), array ? Cell(array->size()) : Cell(), cell_of(entry->value, most)});
        if (named) answer.document.blocks.emplace_back(view::Raw{raw_text(entry->value)});
        else people.rows.push_back({entry->key, type_text(entry->value), value_text(entry->value, kElementsForPeople)});
    }
    if (!named) answer.document.blocks.emplace_back(std::move(people));
    answer.document.blocks.emplace_back(std::move(scripts));
    answer.document.csv_table = "metadata";
    return answer;
}

}  // namespace attnx::report
