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

// A piece of a vocabulary: any bytes, often part of a character. People see its spaces and line breaks (token.h),
// scripts get it as text.
struct Token {
    std::string bytes;
};

struct Cell;
using List = std::vector<Cell>;

// A typed value. Text may hold any bytes: renderers make it safe.
struct Cell {
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Token, List> value;

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
    Cell(Token v) : value(std::move(v)) {}
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

// How the cells of a column are told to people. Bars are numbers as parts of the column's greatest, to both sides
// where some are negative. Brackets are
// numbers of groups; cells of one group that follow each other stand in one bracket.
enum class Look : std::uint8_t { text, bar, bracket };

struct Column {
    std::string id = {};     // key in JSON and CSV
    std::string label = {};  // heading for people
    Unit unit = Unit::none;
    Show show = Show::all;
    Align align = Align::automatic;
    bool shrink = false;  // may be shortened with an ellipsis when the terminal is narrow
    Look look = Look::text;
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

// Many numbers of one shape: nested arrays in JSON, slowest dimension first; a line per run of the fastest dimension in
// CSV; for people, where it is said, a table of a few columns.
struct Numbers {
    std::string id = {};
    std::vector<std::uint64_t> shape = {};
    RowSource rows = {};
    std::vector<std::uint64_t> first = {};  // index of the first value along each dimension; empty: zeros
    std::vector<std::string> names = {};    // of the dimensions; empty: i0, i1 …
    Show show = Show::scripts;
};

// Text to print as it is (already laid out and safe: a page of help, a raw value); people only.
struct Raw {
    std::string text = {};
};

enum class Scale : std::uint8_t { linear, square_root, logarithmic, row_maximum };
enum class Tint : std::uint8_t { sequential, diverging };  // diverging: for signed numbers, 0 in the middle

struct Range {
    double low = 0, high = 0;
};

// How numbers become colours or shades.
struct Shading {
    Scale scale = Scale::linear;
    Tint tint = Tint::sequential;
    std::optional<Range> range = {};  // nothing: the least and the greatest there are
    std::string blank = {};           // what a cell that is not a number means: "masked"
};

// What the places along one side of a drawing are called.
struct Axis {
    std::string id = {};    // for scripts: "layer"
    std::string name = {};  // "queries"
    std::uint64_t size = 0;
    std::vector<Cell> labels = {};  // one for each place, numbers, tokens or other text; none: numbers from `first` on
    std::uint64_t first = 0;
    // On paper: neighbours of one number stand in one bracket, named so; none: no brackets.
    std::vector<std::uint64_t> groups = {};
    std::string group_name = {};  // "KV"
    // … and labels from a place on differ, which means this: "generated".
    std::optional<std::uint64_t> marked_from = {};
    std::string mark = {};
};

// Numbers in rows and columns: drawn for people; for scripts nested arrays under `id`, null where there is none.
// NaN: there is nothing to be seen, the cell stays blank.
struct Matrix {
    std::string id = {};  // empty: for people only
    std::string title = {};
    Axis rows = {}, columns = {};
    RowSource values = {};
    Shading shading = {};
    Show show = Show::all;
    std::vector<Cell> words = {};  // on paper: what stands in each cell, row by row, above its number; none: the number
};

// Several matrices of one shape side by side, on one scale. Rows of the first panel, then those of the next.
struct Grid {
    std::string id = {};
    std::string title = {};
    Axis panels = {}, rows = {}, columns = {};
    RowSource values = {};
    Shading shading = {};
    Show show = Show::all;
};

struct Series {
    std::string id = {};     // key for scripts
    std::string label = {};  // for people
    List values = {};        // numbers or null, one for each place of the axis
};

// Several series over one axis, which has labels; for scripts an object of lists.
struct Curves {
    std::string id = {};
    std::string title = {};
    Axis axis = {};
    std::vector<Series> series = {};
    std::optional<Range> range = {};  // nothing: of each series its least and greatest
    Unit unit = Unit::real;
    Show show = Show::all;
};

// Things and what ties them, each way by itself: for scripts both tables, for people what each node is tied to most.
struct Network {
    std::string title = {};
    std::vector<Fact> about = {};  // what files of networks say of the whole; scripts get it from other blocks
    Table nodes = {};              // numbers from 0 on, and what they are called
    Table edges = {};              // from which node, to which, how strong a number, and whatever else
    Show show = Show::all;
};

using Block = std::variant<Facts, Table, Note, Numbers, Raw, Matrix, Grid, Curves, Network>;

// `model` of the JSON envelope.
struct ModelRef {
    std::string path = {};
    std::string architecture = {};
    std::optional<std::string> name = {};
    std::string quantization = {};  // for people; empty: not known
};

struct Document {
    std::string command = {};
    std::optional<ModelRef> model = {};
    std::vector<Block> blocks = {};
    Findings findings = {};
    std::string csv_table = {};  // id of the block (or prefix of facts) that CSV prints; empty: the first
                                 // table shown to all, else the facts
};

}  // namespace attnx::view
