// view: what a command has to say, before anyone decided how it looks. Renderers turn it into a table for people,
// JSON, CSV or Markdown; since all come from one Document they cannot disagree.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "attnx/base/findings.h"

namespace attnx::view {

// How a number is to be read; JSON always carries the plain number.
enum class Unit : std::uint8_t {
    none,     // 1234 as it is, grouped for people
    id,       // an index or identifier: never grouped or rounded
    bytes,    // people: KiB, MiB, GiB
    count,    // people: 134.5 M
    tokens,   // people: 8k when a multiple of 1024, else as it is
    flops,    // people: GFLOP, TFLOP
    ratio,    // people: 3.00x
    percent,  // stored as a fraction, people: 12.5 %
    bits,     // people: 4.50
    real,     // people: significant digits
};

struct Cell;
using List = std::vector<Cell>;

// A typed value. Text may hold any bytes: renderers make it safe.
struct Cell {
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, List> value;

    Cell() = default;  // null; people see "–"
    Cell(std::nullopt_t) {}
    Cell(bool v) : value(v) {}
    Cell(int v) : value(static_cast<std::int64_t>(v)) {}
    Cell(std::int64_t v) : value(v) {}
    Cell(std::uint32_t v) : value(static_cast<std::uint64_t>(v)) {}
    Cell(std::uint64_t v) : value(v) {}
    Cell(double v) : value(v) {}
    Cell(const char* v) : value(std::string(v)) {}
    Cell(std::string v) : value(std::move(v)) {}
    Cell(std::string_view v) : value(std::string(v)) {}
    Cell(List v) : value(std::move(v)) {}
    template <class T>
    Cell(const std::optional<T>& v) {
        if (v) *this = Cell(*v);
    }
};

// Who sees a block, a fact or a column.
enum class Show : std::uint8_t { all, people, scripts };

struct Fact {
    std::string id = {};  // path below `result`, segments joined by '/', numbers are array indices: "rope/freq_base",
                          // "rows/0/total_bytes"
    std::string label = {};  // for people
    Cell value = {};
    Unit unit = Unit::none;
    Show show = Show::all;
    std::string remark = {};  // for people, dimmed, after the value ("assumed", "6 MiB weights + …")
};

struct Facts {
    std::string title = {};  // may be empty
    std::vector<Fact> facts = {};
    Show show = Show::all;
};

enum class Align : std::uint8_t { automatic, left, right };  // automatic: numbers right, text left

struct Column {
    std::string id = {};     // key in JSON and CSV
    std::string label = {};  // heading for people
    Unit unit = Unit::none;
    Show show = Show::all;
    Align align = Align::automatic;
    bool shrink = false;  // may be shortened with an ellipsis when the terminal is narrow
};

struct Table {
    std::string id = {};     // path below `result`, as in Fact; an array of objects in JSON
    std::string title = {};  // may be empty
    std::vector<Column> columns = {};
    std::vector<std::vector<Cell>> rows = {};  // each as long as columns
    std::vector<Cell> footer = {};             // empty, or totals as long as columns; people only
    Show show = Show::all;
};

struct Note {
    std::string text = {};  // for people, one paragraph
};

// Numbers that stay where they are until they are printed: a run of the fastest dimension at a time, asked for in
// order, from 0 on; what is given back holds until the next is asked for. What it refers to must live as long as the
// document: it owns that, or shares it.
using RowValues = std::span<const float>;
using RowSource = std::function<RowValues(std::uint64_t row)>;

// Owns them. Shared by copies.
RowSource rows_of(std::vector<float> values, std::uint64_t columns);

// Many numbers of one shape, for JSON (nested arrays, slowest dimension first) and CSV (a line per run of the fastest
// dimension).
struct Numbers {
    std::string id = {};
    std::vector<std::uint64_t> shape = {};
    RowSource rows = {};
    std::vector<std::uint64_t> first =
        {};  // index of the first value along each dimension, for CSV's labels; empty: zeros
};

// Text to print as it is (already laid out and safe: a drawing, a raw value); people only.
struct Raw {
    std::string text = {};
};

enum class Scale : std::uint8_t { linear, square_root, logarithmic, row_maximum };

// A matrix of weights in [0, 1] as a drawing for people; rows = queries, columns = keys. NaN cells stay blank.
struct Heatmap {
    std::string title;
    std::vector<std::string> labels;  // of the tokens, rows and columns alike; untrusted text
    std::uint32_t rows = 0;           // the last `rows` of the labels are the queries
    std::vector<float> values;        // [rows, labels]
    Scale scale = Scale::linear;
};

using Block = std::variant<Facts, Table, Note, Numbers, Raw, Heatmap>;

// `model` of the JSON envelope.
struct ModelRef {
    std::string path = {};
    std::string architecture = {};
    std::optional<std::string> name = {};
};

struct Document {
    std::string command = {};
    std::optional<ModelRef> model = {};
    std::vector<Block> blocks = {};
    Findings findings = {};
    std::string csv_table = {};  // id of the table or numbers (or prefix of facts) that CSV prints; empty: the first
                                 // table shown to all, else the facts
};

}  // namespace attnx::view
