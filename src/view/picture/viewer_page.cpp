// The page in the order it is written: head, shell, weights while they are computed, what was measured, what is shown
// without programs, the program. Only its own style and program have a hash that the page allows.
#include <fmt/format.h>

#include "../palette.h"
#include "attnx/base/version.h"
#include "attnx/view/render.h"
#include "attnx/view/viewer.h"
#include "html.h"
#include "viewer_parts.h"

namespace attnx::view {

void render_json(const Document& document, const Surface& surface, Sink& out);

namespace {

// JSON in which nothing looks like markup: outside of strings it has none of these characters. And no spaces there,
// which are for people.
class ScriptText final : public Sink {
public:
    explicit ScriptText(Sink& to) : to_(to) {}
    void write(std::string_view piece) override {
        std::string text;
        for (const char c : piece) {
            if (c == '<' || c == '>' || c == '&') text += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
            else if (in_string_ || (c != ' ' && c != '\n')) text += c;
            if (c == '"' && !escaped_) in_string_ = !in_string_;
            escaped_ = c == '\\' && !escaped_;
        }
        to_.write(text);
    }

private:
    Sink& to_;
    bool in_string_ = false, escaped_ = false;
};

void write_head(Sink& out, std::string_view title, bool asked) {
    out.write(fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src '{}'; style-src '{}'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"generator\" content=\"attnx {}\">\n<title>{}</title>\n<style>",
        asked ? kViewerAskedHash : kViewerProgramHash, kViewerStyleHash, kVersion, html_text(title)));
    out.write(kViewerStyle);
    out.write("</style>\n</head>\n<body>\n");
    out.write(kViewerShell);
}

// The colours of every drawing of attnx, so that the page has no others: from 0, or from -1, to 1.
void write_colours(std::string_view id, Tint tint, Sink& out) {
    constexpr int kSteps = 64;
    std::string text = fmt::format("<script type=\"application/json\" id=\"data-{}\">[", id);
    for (int i = 0; i <= kSteps; ++i) {
        const double part = static_cast<double>(i) / kSteps;
        const Rgb c = colour_of(tint == Tint::diverging ? 2 * part - 1 : part, tint);
        text += fmt::format("{}\"#{:02x}{:02x}{:02x}\"", i == 0 ? "" : ",", c.red, c.green, c.blue);
    }
    out.write(text + "]</script>\n");
}

void write_end(Sink& out, bool asked) {
    write_colours("colours", Tint::sequential, out);
    if (asked) write_colours("signed", Tint::diverging, out);
    const auto write_all = [&](std::span<const std::string_view> parts) {
        for (const std::string_view part : parts) out.write(part);
    };
    out.write("<script>");
    write_all(kViewerPanels);
    if (asked) write_all(kViewerAsked);
    write_all(kViewerStart);
    out.write("</script>\n</body>\n</html>\n");
}

class Counted final : public Sink {
public:
    void write(std::string_view piece) override { bytes += piece.size(); }
    std::uint64_t bytes = 0;
};

std::string opened(const PackedRows& rows) {
    return fmt::format("<script type=\"weights\" data-rows=\"{}.{}.{}\">", rows.layer, rows.head, rows.first_query);
}
constexpr std::string_view kClosed = "</script>\n";

}  // namespace

ViewerPage::ViewerPage(Sink& out, std::string_view title, bool asked) : out_(out), asked_(asked) {
    write_head(out_, title, asked_);
}

void ViewerPage::rows(const PackedRows& rows, Packing packing) {
    out_.write(opened(rows));
    out_.write(packed(rows.weights, packing));
    out_.write(kClosed);
}

void ViewerPage::data(const Document& document) {
    out_.write(fmt::format("<script type=\"application/json\" id=\"data-{}\">\n", html_text(document.command)));
    ScriptText text(out_);
    render_json(document, {}, text);
    out_.write(kClosed);
}

void ViewerPage::without_program(const Document& document) {
    out_.write("<noscript>\n<main class=\"plain\">\n");
    write_html(document, out_);
    out_.write("</main>\n</noscript>\n");
}

void ViewerPage::finish() { write_end(out_, asked_); }

std::uint64_t empty_page_bytes(bool asked) {
    Counted count;
    write_head(count, "", asked);
    write_end(count, asked);
    return count.bytes;
}

std::uint64_t page_bytes(std::uint64_t weights, Packing packing) {
    constexpr std::uint32_t kMost = ~0U;
    return opened({kMost, kMost, kMost, {}}).size() + packed_length(weights, packing) + kClosed.size();
}

}  // namespace attnx::view
