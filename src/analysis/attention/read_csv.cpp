#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "attnx/analysis/matrix_text.h"
#include "attnx/base/error.h"
#include "attnx/base/text.h"

namespace attnx::analysis {
namespace {

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \r") - first + 1);
}

// The field as a number; an empty one is NaN, anything else nothing.
std::optional<double> number_in(std::string_view field) {
    field = trimmed(field);
    if (field.empty()) return std::numeric_limits<double>::quiet_NaN();
    if (field.front() == '+') field.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
    return value;
}

// Fields as in RFC 4180; quoted ones may hold separators and line breaks.
class CsvLines {
public:
    explicit CsvLines(std::string_view text) : rest_(text) {
        if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
        const std::string_view first = rest_.substr(0, rest_.find('\n'));
        for (const char candidate : {'\t', ';', ','})
            if (first.find(candidate) != std::string_view::npos) separator_ = candidate;
    }

    // False: there are no more.
    bool next(std::vector<std::string>& fields) {
        fields.clear();
        while (!rest_.empty()) {
            fields.push_back(field());
            if (!rest_.empty() && rest_.front() == separator_) {
                rest_.remove_prefix(1);
                if (rest_.empty()) fields.emplace_back();
                continue;
            }
            if (!rest_.empty()) rest_.remove_prefix(1);  // the line break
            ++line_;
            if (fields.size() == 1 && trimmed(fields[0]).empty()) fields.clear();  // an empty line
            else return true;
        }
        return !fields.empty();
    }
    std::size_t line() const { return line_; }

private:
    std::string field() {
        std::string text;
        if (rest_.front() == '"') {
            rest_.remove_prefix(1);
            while (!rest_.empty() && !(rest_.front() == '"' && !rest_.starts_with("\"\""))) {
                if (rest_.front() == '"') rest_.remove_prefix(1);
                text += rest_.front();
                rest_.remove_prefix(1);
            }
            if (!rest_.empty()) rest_.remove_prefix(1);
        }
        const std::size_t end = std::min(rest_.find_first_of(std::string{separator_, '\n'}), rest_.size());
        text += rest_.substr(0, end);
        rest_.remove_prefix(end);
        return text;
    }

    std::string_view rest_;
    char separator_ = ',';
    std::size_t line_ = 0;
};

bool all_numbers(const std::vector<std::string>& fields, std::size_t from) {
    return std::all_of(fields.begin() + static_cast<std::ptrdiff_t>(std::min(from, fields.size())), fields.end(),
                       [](const std::string& field) { return number_in(field).has_value(); });
}

// What pandas' to_csv writes above columns without names, and then a number before each row.
bool counts_from_zero(const std::vector<std::string>& fields) {
    if (fields.size() < 2 || !trimmed(fields[0]).empty()) return false;
    for (std::size_t i = 1; i < fields.size(); ++i)
        if (trimmed(fields[i]) != fmt::format("{}", i - 1)) return false;
    return true;
}

}  // namespace

NumberMatrix read_csv(std::string_view text, const std::string& path) {
    const auto refuse = [&](std::size_t line, const std::string& why) {
        throw Error(ErrorCode::bad_value, fmt::format("line {}: {}", line, why), {path, std::nullopt, {}});
    };
    NumberMatrix matrix;
    CsvLines lines(text);
    std::vector<std::string> fields;
    bool first_line = true;
    std::optional<bool> named;  // rows have a name before their numbers
    while (lines.next(fields)) {
        if (std::exchange(first_line, false)) {
            const bool numbered = counts_from_zero(fields);
            if (numbered) named = true;
            else if (!all_numbers(fields, 1)) matrix.labels = fields;
            if (numbered || !matrix.labels.empty()) continue;
        }
        if (!named) named = !number_in(fields[0]);
        const std::size_t from = *named ? 1 : 0;
        if (matrix.rows == 0) matrix.columns = fields.size() - from;
        if (fields.size() - from != matrix.columns)
            refuse(lines.line(),
                   fmt::format("{} numbers, where the first line has {}", fields.size() - from, matrix.columns));
        for (std::size_t i = from; i < fields.size(); ++i) {
            const auto value = number_in(fields[i]);
            if (!value) refuse(lines.line(), fmt::format("'{}' is no number", printable(fields[i])));
            matrix.values.push_back(*value);
        }
        ++matrix.rows;
    }
    if (matrix.labels.size() == matrix.columns + 1) matrix.labels.erase(matrix.labels.begin());  // over the names
    return matrix;
}

}  // namespace attnx::analysis
