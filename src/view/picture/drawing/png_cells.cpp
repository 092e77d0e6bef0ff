// Pixels by a palette, in blocks that are stored, not compressed: few of them, and no library.
#include "png_cells.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "attnx/base/text.h"
#include "attnx/base/version.h"
#include "attnx/view/picture.h"

namespace attnx::view {
namespace {

constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";

std::string big_endian(std::uint32_t value) {
    std::string bytes;
    for (const std::uint32_t shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(value >> shift & 0xFFU);
    return bytes;
}

std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t crc = ~0U;
    for (const char byte : bytes) {
        crc ^= static_cast<std::uint8_t>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    }
    return ~crc;
}

std::string chunk(std::string_view type, std::string_view data) {
    const std::string body = std::string(type) + std::string(data);
    return big_endian(static_cast<std::uint32_t>(data.size())) + body + big_endian(crc32(body));
}

// RFC 1950 around blocks of RFC 1951 that are stored.
std::string zlib_stored(std::string_view bytes) {
    std::string out = "\x78\x01";
    std::uint32_t a = 1, b = 0;
    for (const char byte : bytes) {
        a = (a + static_cast<std::uint8_t>(byte)) % 65521;
        b = (b + a) % 65521;
    }
    do {
        const std::string_view part = bytes.substr(0, 65535);
        bytes.remove_prefix(part.size());
        const auto size = static_cast<std::uint32_t>(part.size());
        out += bytes.empty() ? '\1' : '\0';
        for (const std::uint32_t field : {size, ~size}) {
            out += static_cast<char>(field & 0xFFU);
            out += static_cast<char>(field >> 8U & 0xFFU);
        }
        out += part;
    } while (!bytes.empty());
    return out + big_endian(b << 16U | a);
}

// tEXt where Latin-1 has all of it, as far as ASCII is that; else iTXt.
std::string text_chunk(std::string_view keyword, const std::string& text) {
    std::string data(keyword);
    data += '\0';
    const bool ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (ascii) return chunk("tEXt", data + text);
    data.append(4, '\0');  // not compressed, no language, no other keyword
    return chunk("iTXt", data + text);
}

}  // namespace

std::string png_of(const Cells& cells) {
    std::string pixels;
    for (std::uint32_t row = 0; row < cells.rows(); ++row) {
        pixels += '\0';  // no filter
        const auto first = cells.codes.begin() + static_cast<std::ptrdiff_t>(row) * cells.columns;
        pixels.append(first, first + cells.columns);
    }
    std::string palette;
    for (const Rgb c : cells.colours)
        for (const std::uint8_t part : {c.red, c.green, c.blue}) palette += static_cast<char>(part);
    constexpr std::string_view kEightBitPalette("\x08\x03\x00\x00\x00", 5), kFirstSeenThrough("\0", 1);
    return std::string(kSignature) +
           chunk("IHDR", big_endian(cells.columns) + big_endian(cells.rows()) + std::string(kEightBitPalette)) +
           chunk("PLTE", palette) + chunk("tRNS", kFirstSeenThrough) + chunk("IDAT", zlib_stored(pixels)) +
           chunk("IEND", "");
}

// Behind the header, whose chunk has 25 bytes.
std::string png_with_words(std::string_view bytes, const Picture& picture) {
    constexpr std::size_t kHeader = kSignature.size() + 25;
    if (!bytes.starts_with(kSignature) || bytes.size() < kHeader) return std::string(bytes);
    std::string out(bytes.substr(0, kHeader));
    const PictureWords words = words_of(picture);
    out += text_chunk("Title", words.title) + text_chunk("Description", words.about) +
           text_chunk("Software", "attnx " + std::string(kVersion));
    return out.append(bytes.substr(kHeader));
}

}  // namespace attnx::view
