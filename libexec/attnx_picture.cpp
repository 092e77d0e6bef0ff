// attnx-picture: an SVG on standard input as PNG or PDF on standard output. attnx runs it where pictures have text of
// any script: librsvg, and Pango behind it, lay that out, and the program that most people start never loads them.
//
//   attnx-picture png SCALE | attnx-picture pdf SCALE
//
// Before the SVG stand four lines: the title, what it is about, who made it, and nothing. What goes wrong is said on
// standard output, with exit status 1.
#include <cairo-pdf.h>
#include <cairo.h>
#include <librsvg/rsvg.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20U;
constexpr double kMostPixels = 30000;    // of a side
constexpr double kPointsOfPixel = 0.75;  // CSS

void write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) std::exit(1);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string read_all() {
    std::string text;
    std::array<char, 1 << 16> block{};
    for (;;) {
        const ssize_t got = read(STDIN_FILENO, block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw std::runtime_error("standard input cannot be read");
        if (got == 0) return text;
        text.append(block.data(), static_cast<std::size_t>(got));
        if (text.size() > kMostBytes) throw std::runtime_error("the picture is too large");
    }
}

std::string take_line(std::string& text) {
    const std::size_t end = text.find('\n');
    if (end == std::string::npos) throw std::runtime_error("standard input does not begin with four lines");
    std::string line = text.substr(0, end);
    text.erase(0, end + 1);
    return line;
}

cairo_status_t append(void* to, const unsigned char* data, unsigned length) {
    static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
}

struct Release {
    void operator()(RsvgHandle* handle) const { g_object_unref(handle); }
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
    void operator()(cairo_t* context) const { cairo_destroy(context); }
};
template <class Thing>
using Owned = std::unique_ptr<Thing, Release>;

class Picture {
public:
    explicit Picture(const std::string& svg) {
        GError* error = nullptr;
        // Without a base nothing outside of the SVG is ever read.
        handle_.reset(rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(svg.data()), svg.size(), &error));
        check(error);
        if (!rsvg_handle_get_intrinsic_size_in_pixels(handle_.get(), &width_, &height_))
            throw std::runtime_error("the picture has no size");
    }

    std::string png(double scale) const {
        const double width = std::round(width_ * scale), height = std::round(height_ * scale);
        if (width < 1 || height < 1 || width > kMostPixels || height > kMostPixels)
            throw std::runtime_error("the picture is too large for pixels");
        const Owned<cairo_surface_t> surface(
            cairo_image_surface_create(CAIRO_FORMAT_ARGB32, static_cast<int>(width), static_cast<int>(height)));
        draw(surface.get(), width, height);
        std::string bytes;
        check(cairo_surface_write_to_png_stream(surface.get(), append, &bytes));
        return bytes;
    }

    std::string pdf(double scale, const std::string& title, const std::string& about, const std::string& by) const {
        const double width = width_ * scale * kPointsOfPixel, height = height_ * scale * kPointsOfPixel;
        std::string bytes;
        const Owned<cairo_surface_t> surface(cairo_pdf_surface_create_for_stream(append, &bytes, width, height));
        cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE, title.c_str());
        cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_SUBJECT, about.c_str());
        cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATOR, by.c_str());
        draw(surface.get(), width, height);
        cairo_surface_finish(surface.get());
        check(cairo_surface_status(surface.get()));
        return bytes;
    }

private:
    Owned<RsvgHandle> handle_;
    double width_ = 0, height_ = 0;

    static void check(GError* error) {
        if (error == nullptr) return;
        const std::string message = error->message;
        g_error_free(error);
        throw std::runtime_error(message);
    }
    static void check(cairo_status_t status) {
        if (status != CAIRO_STATUS_SUCCESS) throw std::runtime_error(cairo_status_to_string(status));
    }

    void draw(cairo_surface_t* surface, double width, double height) const {
        const Owned<cairo_t> context(cairo_create(surface));
        check(cairo_status(context.get()));
        const RsvgRectangle all{0, 0, width, height};
        GError* error = nullptr;
        rsvg_handle_render_document(handle_.get(), context.get(), &all, &error);
        check(error);
        check(cairo_status(context.get()));
    }
};

std::string made(int argc, char** argv) {
    const std::string form = argc == 3 ? argv[1] : "";
    const double scale = argc == 3 ? std::strtod(argv[2], nullptr) : 0;
    if ((form != "png" && form != "pdf") || !(scale > 0)) throw std::runtime_error("use: attnx-picture png|pdf SCALE");
    std::string text = read_all();
    const std::string title = take_line(text), about = take_line(text), by = take_line(text);
    take_line(text);
    const Picture picture(text);
    return form == "png" ? picture.png(scale) : picture.pdf(scale, title, about, by);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        write_all(made(argc, argv));
        return 0;
    } catch (const std::exception& error) {
        write_all(error.what());
        return 1;
    }
}
