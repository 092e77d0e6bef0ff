// view: a page of HTML to explore with mouse and keys: documents, packed weights, and the program that shows them, all
// in one file that asks nothing of any network.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "attnx/view/document.h"
#include "attnx/view/sink.h"

namespace attnx::view {

// How weights in [0, 1] are kept in a page: as codes whose square is the weight, or as they are.
enum class Packing : std::uint8_t { code8, code16, float32 };
std::uint32_t bits_of(Packing packing);
double largest_error(Packing packing);

// Base64 of little-endian codes or floats. Codes: w is kept as round(sqrt(w) * m) of m = 2^bits - 1, what is not a
// number as 0.
std::string packed(std::span<const float> weights, Packing packing);
std::uint64_t packed_length(std::uint64_t weights, Packing packing);

// Rows of one head, those cells that are not masked, one after the other.
struct PackedRows {
    std::uint32_t layer = 0, head = 0, first_query = 0;
    std::span<const float> weights;
};

// The page, written from its beginning to its end. Whatever texts hold, nothing of them is markup or is run: the
// programs are named by their hash, and no other is.
class ViewerPage {
public:
    // asked: with the panels that are not on every page.
    ViewerPage(Sink& out, std::string_view title, bool asked = false);

    void rows(const PackedRows& rows, Packing packing);
    // What panels read: the document as scripts get it, found by its command.
    void data(const Document& document);
    // What is shown where programs are not run: the document as people see it.
    void without_program(const Document& document);
    void finish();

private:
    Sink& out_;
    bool asked_;
};

// Of a page without any data.
std::uint64_t empty_page_bytes(bool asked);
// Of rows().
std::uint64_t page_bytes(std::uint64_t weights, Packing packing);

}  // namespace attnx::view
