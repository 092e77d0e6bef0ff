#include "support/agreement.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "attnx/view/outputs.h"
#include "support/console_blocks.h"

namespace attnx::test {
namespace {

using nlohmann::json;
using view::Cell;
using view::Show;
using view::Unit;

struct Suffix {
    Unit unit;
    std::string_view name;
    double scale;
};

constexpr double kKi = 1024;
constexpr Suffix kSuffixes[] = {
    {Unit::bytes, "B", 1},
    {Unit::bytes, "KiB", kKi},
    {Unit::bytes, "MiB", kKi* kKi},
    {Unit::bytes, "GiB", kKi* kKi* kKi},
    {Unit::bytes, "TiB", kKi* kKi* kKi* kKi},
    {Unit::bytes, "PiB", kKi* kKi* kKi* kKi* kKi},
    {Unit::count, "", 1},
    {Unit::count, "K", 1e3},
    {Unit::count, "M", 1e6},
    {Unit::count, "B", 1e9},
    {Unit::count, "T", 1e12},
    {Unit::tokens, "", 1},
    {Unit::tokens, "k", kKi},
    {Unit::tokens, "M", kKi* kKi},
    {Unit::flops, "FLOP", 1},
    {Unit::flops, "KFLOP", 1e3},
    {Unit::flops, "MFLOP", 1e6},
    {Unit::flops, "GFLOP", 1e9},
    {Unit::flops, "TFLOP", 1e12},
    {Unit::flops, "PFLOP", 1e15},
    {Unit::flops, "EFLOP", 1e18},
    {Unit::ratio, "x", 1},
    {Unit::percent, "%", 0.01},
    {Unit::bits, "", 1},
    {Unit::real, "", 1},
    {Unit::none, "", 1},
    {Unit::id, "", 1},
};

std::string trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return {};
    return std::string(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
}

// What scripts get at a path.
const json* at_path(const json& root, std::string_view path) {
    const json* node = &root;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        const std::string segment(path.substr(0, end));
        if (node->is_array()) node = std::stoul(segment) < node->size() ? &(*node)[std::stoul(segment)] : nullptr;
        else node = node->contains(segment) ? &(*node)[segment] : nullptr;
        if (node == nullptr) return nullptr;
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return node;
}

// The objects of all arrays below `root`, for tables that show people what scripts find elsewhere.
void gather_rows(const json& root, std::vector<const json*>& rows) {
    for (const json& element : root) {
        if (root.is_array() && element.is_object()) rows.push_back(&element);
        if (element.is_structured()) gather_rows(element, rows);
    }
}

class Comparison {
public:
    explicit Comparison(const view::Document& document) : document_(document) {
        result_ = json::parse(text_of(*view::find_output("json"), document, {}))["result"];
        gather_rows(result_, rows_);
    }

    // Block by block, so that what a block draws is not mistaken for another's.
    void run() {
        for (const view::Block& block : document_.blocks) {
            lines_ = lines_of(text_of(*view::find_output("table"), {.blocks = {block}}, {.unicode = false}));
            next_ = 0;
            if (const auto* facts = std::get_if<view::Facts>(&block)) compare(*facts);
            if (const auto* table = std::get_if<view::Table>(&block)) compare(*table);
            if (const auto* numbers = std::get_if<view::Numbers>(&block)) compare(*numbers);
        }
    }

    std::vector<std::string> wrong;
    std::size_t compared = 0;

private:
    const view::Document& document_;
    json result_;
    std::vector<const json*> rows_;
    std::vector<std::string> lines_;
    std::size_t next_ = 0;

    std::string take_line() { return next_ < lines_.size() ? lines_[next_++] : std::string("<no line>"); }

    void compare(const view::Facts& block) {
        std::vector<const view::Fact*> shown;
        for (const view::Fact& fact : block.facts)
            if (block.show != Show::scripts && fact.show != Show::scripts) shown.push_back(&fact);
        if (shown.empty()) return;
        if (!block.title.empty()) take_line();
        for (const view::Fact* fact : shown) {
            const std::string line = take_line();
            const std::size_t value = line.find_first_not_of(' ', line.find("  ", 2));
            const std::string text =
                fact->label.empty() || value == std::string::npos ? trimmed(line) : line.substr(value);
            const bool both = block.show == Show::all && fact->show == Show::all && !fact->id.empty();
            if (both) check(fact->id, fact->value, fact->unit, trimmed(text.substr(0, text.find("  "))));
        }
    }

    void compare(const view::Table& table) {
        std::vector<std::size_t> shown;
        for (std::size_t c = 0; c < table.columns.size(); ++c)
            if (table.columns[c].show != Show::scripts) shown.push_back(c);
        if (table.show == Show::scripts || shown.empty()) return;
        if (!table.title.empty()) take_line();
        std::vector<std::string> body = {take_line()};
        take_line();  // the rule
        for (std::size_t r = 0; r < table.rows.size(); ++r) body.push_back(take_line());
        if (!table.footer.empty()) next_ += 2;
        const auto spans = column_spans(body);
        if (spans.size() != shown.size()) {
            wrong.push_back("table " + table.id + ": " + std::to_string(spans.size()) + " columns are seen");
            return;
        }
        for (std::size_t r = 0; r < table.rows.size(); ++r) {
            const json* row = row_for_scripts(table, r);
            for (std::size_t c = 0; c < shown.size(); ++c)
                compare_cell(table, r, shown[c], row, cut(body[r + 1], spans[c]));
        }
    }

    // At the table's own place; for a table that only people see, wherever scripts have all its keys with its numbers
    // of layers, heads and so on. Nothing: it has no such place.
    const json* row_for_scripts(const view::Table& table, std::size_t row) const {
        if (table.show == Show::all)
            return table.id.empty() ? nullptr : at_path(result_, table.id + "/" + std::to_string(row));
        for (const json* candidate : rows_) {
            bool any = false, same = true;
            for (std::size_t c = 0; c < table.columns.size() && same; ++c) {
                const view::Column& column = table.columns[c];
                if (column.id.empty()) continue;
                any = true;
                same = candidate->contains(column.id) && is_key(column, table.rows[row][c], (*candidate)[column.id]);
            }
            if (any && same) return candidate;
        }
        return nullptr;
    }

    // What a row is known by must be the same: numbers of things, and texts.
    static bool is_key(const view::Column& column, const Cell& cell, const json& value) {
        if (const auto* text = std::get_if<std::string>(&cell.value); text && value.is_string()) return value == *text;
        if (column.unit != Unit::id) return true;
        if (const auto* number = std::get_if<std::uint64_t>(&cell.value)) return value == *number;
        if (const auto* number = std::get_if<std::int64_t>(&cell.value)) return value == *number;
        return std::holds_alternative<std::monostate>(cell.value) && value.is_null();
    }

    void compare_cell(const view::Table& table, std::size_t row, std::size_t column, const json* object,
                      const std::string& text) {
        const view::Column& what = table.columns[column];
        const bool scripts_too = table.show == Show::all && !table.id.empty();
        if (what.show != Show::all || what.id.empty() || what.look != view::Look::text) return;
        const std::string path = table.id + "/" + std::to_string(row) + "/" + what.id;
        const json* value = object == nullptr ? nullptr : at_path(*object, what.id);
        if (value != nullptr) compare_values(path, *value, table.rows[row][column], what.unit, text);
        else if (scripts_too) wrong.push_back(path + ": scripts do not see it");
    }

    // The last columns of the lines are the numbers, in order.
    void compare(const view::Numbers& numbers) {
        if (numbers.show != Show::all) return;
        std::vector<const json*> values;
        gather_numbers(*at_path(result_, numbers.id), values);
        const std::vector<std::string> body(lines_.begin(), lines_.end());
        const std::vector<Span> spans = column_spans({body.front()});
        const std::uint64_t run = numbers.shape.back(), step = run <= 16 ? run : 8;
        std::size_t next = 0;
        for (std::size_t line = 2; line < body.size(); ++line) {
            std::istringstream words(body[line]);
            std::vector<std::string> texts{std::istream_iterator<std::string>(words), {}};
            const std::size_t led = spans.size() - step;
            for (std::size_t i = led; i < texts.size() && next < values.size(); ++i, ++next)
                compare_number(numbers.id + ", number " + std::to_string(next), *values[next], texts[i]);
        }
        if (next != values.size()) wrong.push_back(numbers.id + ": people see " + std::to_string(next) + " numbers");
    }

    void compare_number(const std::string& path, const json& value, const std::string& text) {
        if (value.is_null()) expect(path, value, text, text == "nan" || text == "inf" || text == "-inf");
        else compare_values(path, value, Cell(), Unit::real, text);
    }

    static void gather_numbers(const json& value, std::vector<const json*>& numbers) {
        if (!value.is_array()) return numbers.push_back(&value);
        for (const json& element : value) gather_numbers(element, numbers);
    }

    struct Span {
        std::size_t begin, end;
    };

    static std::string cut(const std::string& line, Span span) {
        return span.begin >= line.size() ? std::string()
                                         : trimmed(std::string_view(line).substr(span.begin, span.end - span.begin));
    }

    // Columns are kept apart by two or more positions that are blank in every line.
    static std::vector<Span> column_spans(const std::vector<std::string>& lines) {
        std::size_t width = 0;
        for (const std::string& line : lines) width = std::max(width, line.size());
        std::vector<Span> spans;
        std::size_t blanks = 2;
        for (std::size_t i = 0; i < width; ++i) {
            const bool blank =
                std::all_of(lines.begin(), lines.end(), [i](const auto& l) { return i >= l.size() || l[i] == ' '; });
            if (!blank && blanks >= 2) spans.push_back({i, i});
            if (!blank) spans.back().end = i + 1;
            blanks = blank ? blanks + 1 : 0;
        }
        return spans;
    }

    void check(const std::string& path, const Cell& cell, Unit unit, const std::string& text) {
        const json* value = at_path(result_, path);
        if (value == nullptr) wrong.push_back(path + ": scripts do not see it");
        else compare_values(path, *value, cell, unit, text);
    }

    void compare_values(const std::string& path, const json& value, const Cell& cell, Unit unit,
                        const std::string& text) {
        const bool yes_no = std::holds_alternative<bool>(cell.value);  // otherwise the file's own words
        if (value.is_boolean())
            expect(path, value, text, text == (yes_no ? value.get<bool>() ? "yes" : "no" : value.dump()));
        if (value.is_null() && std::holds_alternative<std::monostate>(cell.value))
            expect(path, value, text, text == "-");
        if (!value.is_number()) return;
        const auto shown = read_number(text, unit);
        expect(path, value, text, shown && shown->low <= value.get<double>() && value.get<double>() <= shown->high);
    }

    void expect(const std::string& path, const json& value, const std::string& text, bool holds) {
        ++compared;
        if (!holds) wrong.push_back(path + ": people see '" + text + "', scripts " + value.dump());
    }
};

}  // namespace

std::optional<Interval> read_number(std::string_view text, Unit unit) {
    std::string digits;
    std::size_t at = 0;
    for (; at < text.size() && std::string_view("0123456789+-.,e").find(text[at]) != std::string_view::npos; ++at)
        if (text[at] != ',') digits += text[at];
    const std::string name = trimmed(text.substr(at));
    double value = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
    const std::size_t point = digits.find('.');
    const std::size_t exponent = std::min(digits.find('e'), digits.size());
    double half = point == std::string::npos ? 0.5 : 0.5 * std::pow(10.0, -static_cast<double>(exponent - point - 1));
    if (exponent < digits.size()) half *= std::pow(10.0, std::stod(digits.substr(exponent + 1)));
    if (unit == Unit::tokens || unit == Unit::id) half = 0;  // never rounded
    for (const Suffix& suffix : kSuffixes) {
        if (suffix.unit != unit || suffix.name != name) continue;
        const double slack = std::fabs(value) * suffix.scale * 1e-12;
        return Interval{(value - half) * suffix.scale - slack, (value + half) * suffix.scale + slack};
    }
    return std::nullopt;
}

std::vector<std::string> disagreements(const view::Document& document) {
    Comparison comparison(document);
    comparison.run();
    return comparison.wrong;
}

std::size_t compared_values(const view::Document& document) {
    Comparison comparison(document);
    comparison.run();
    return comparison.compared;
}

}  // namespace attnx::test
