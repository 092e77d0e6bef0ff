// Pixels by a palette, squeezed as far as cells of one colour need it, and no library.
#include "png_cells.h"

#include <algorithm>
#include <bit>
#include <cmath>
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

// Deflate (RFC 1951) with its fixed codes, of pixels that come in runs and in rows alike: nothing else is looked for.
class Runs {
public:
    Runs() { bits(3, 3); }  // the last block, fixed codes

    void row(std::string_view bytes, std::uint32_t times) {
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t end = std::min(bytes.find_first_not_of(bytes[at], at), bytes.size());
            literal(static_cast<std::uint8_t>(bytes[at]));
            copy(end - at - 1, bytes.substr(at, 1));
            at = end;
        }
        for (std::uint32_t i = 0; i < times; ++i) checked(bytes);
        copy((times - 1) * bytes.size(), bytes);
    }

    // Within RFC 1950.
    std::string take() {
        code(256);
        bits(0, 7);  // to the end of a byte
        return std::string("\x78\x01") + out_ + big_endian(b_ << 16U | a_);
    }

private:
    static constexpr std::size_t kLongest = 258, kShortest = 3;
    std::string out_;
    std::uint32_t waiting_ = 0, count_ = 0, a_ = 1, b_ = 0;

    void checked(std::string_view bytes) {
        for (const char byte : bytes) {
            a_ = (a_ + static_cast<std::uint8_t>(byte)) % 65521;
            b_ = (b_ + a_) % 65521;
        }
    }

    // The lowest first.
    void bits(std::uint32_t value, std::uint32_t count) {
        waiting_ |= value << count_;
        for (count_ += count; count_ >= 8; count_ -= 8, waiting_ >>= 8U) out_ += static_cast<char>(waiting_ & 0xFFU);
    }

    // Of a Huffman code the highest first.
    void reversed(std::uint32_t value, std::uint32_t count) {
        for (std::uint32_t bit = count; bit-- > 0;) bits(value >> bit & 1U, 1);
    }

    void code(std::uint32_t symbol) {
        if (symbol < 144) reversed(0x30 + symbol, 8);
        else if (symbol < 256) reversed(0x190 + symbol - 144, 9);
        else if (symbol < 280) reversed(symbol - 256, 7);
        else reversed(0xC0 + symbol - 280, 8);
    }
    void literal(std::uint8_t byte) { code(byte); }

    // `length` bytes more of `before` over and over, which came last.
    void copy(std::size_t length, std::string_view before) {
        for (std::size_t now = 0; length >= kShortest; length -= now) {
            now = length <= kLongest ? length : std::min(kLongest, length - kShortest);  // never leaving one or two
            length_code(static_cast<std::uint32_t>(now));
            distance_code(static_cast<std::uint32_t>(before.size()));
        }
        for (std::size_t i = 0; i < length; ++i) literal(static_cast<std::uint8_t>(before[i % before.size()]));
    }

    void length_code(std::uint32_t length) {
        if (length == kLongest) return code(285);
        const std::uint32_t over = length - static_cast<std::uint32_t>(kShortest);
        const std::uint32_t extra = over < 8 ? 0 : static_cast<std::uint32_t>(std::bit_width(over)) - 3;
        code(257 + 4 * extra + (over >> extra));
        bits(over & ((1U << extra) - 1), extra);
    }

    void distance_code(std::uint32_t distance) {
        const std::uint32_t over = distance - 1;
        const std::uint32_t extra = over < 4 ? 0 : static_cast<std::uint32_t>(std::bit_width(over)) - 2;
        reversed(over < 4 ? over : 2 * extra + (over >> extra), 5);
        bits(over & ((1U << extra) - 1), extra);
    }
};

// tEXt where Latin-1 has all of it, as far as ASCII is that; else iTXt.
std::string text_chunk(std::string_view keyword, const std::string& text) {
    std::string data(keyword);
    data += '\0';
    const bool ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (ascii) return chunk("tEXt", data + text);
    data.append(4, '\0');  // not compressed, no language, no other keyword
    return chunk("iTXt", data + text);
}

// Of a cell, on screens with two pixels to one of ours: programs that stretch pictures smooth them, so that cells would
// run into each other.
std::uint32_t pixels_of(double side) { return static_cast<std::uint32_t>(std::max(1L, std::lround(2 * side))); }

}  // namespace

std::string png_of(const Cells& cells) {
    const std::uint32_t across = pixels_of(cells.cell_width), down = pixels_of(cells.cell_height);
    Runs pixels;
    for (std::uint32_t row = 0; row < cells.rows(); ++row) {
        std::string line(1, '\0');  // no filter
        for (std::uint32_t column = 0; column < cells.columns; ++column)
            line.append(across, static_cast<char>(cells.codes[std::size_t{row} * cells.columns + column]));
        pixels.row(line, down);
    }
    std::string palette;
    for (const Rgb c : cells.colours)
        for (const std::uint8_t part : {c.red, c.green, c.blue}) palette += static_cast<char>(part);
    constexpr std::string_view kEightBitPalette("\x08\x03\x00\x00\x00", 5), kFirstSeenThrough("\0", 1);
    return std::string(kSignature) +
           chunk("IHDR",
                 big_endian(cells.columns * across) + big_endian(cells.rows() * down) + std::string(kEightBitPalette)) +
           chunk("PLTE", palette) + chunk("tRNS", kFirstSeenThrough) + chunk("IDAT", pixels.take()) + chunk("IEND", "");
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
