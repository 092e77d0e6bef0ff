// attnx-pixels FILE.png X Y [X Y …]: colours of pixels, RRGGBB, a line each. What pictures are checked by: libpng reads
// them, behind Cairo, and nothing of attnx.
#include <cairo.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    cairo_surface_t* picture = cairo_image_surface_create_from_png(argv[1]);
    if (cairo_surface_status(picture) != CAIRO_STATUS_SUCCESS) return 1;
    const int width = cairo_image_surface_get_width(picture), height = cairo_image_surface_get_height(picture);
    for (int i = 2; i + 1 < argc; i += 2) {
        const int x = std::atoi(argv[i]), y = std::atoi(argv[i + 1]);
        if (x < 0 || y < 0 || x >= width || y >= height) return 1;
        std::uint32_t pixel = 0;
        std::memcpy(&pixel, cairo_image_surface_get_data(picture) + y * cairo_image_surface_get_stride(picture) + 4 * x,
                    sizeof pixel);
        std::printf("%06x\n", pixel & 0xFFFFFFU);
    }
    cairo_surface_destroy(picture);
    return 0;
}
