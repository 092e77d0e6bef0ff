// Bytes as text. Private to view.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace attnx::view {

class Base64 {
public:
    void add(std::uint8_t byte) {
        waiting_ = waiting_ << 8U | byte;
        if (++count_ == 3) settle();
    }
    // Ends it.
    std::string take() {
        if (count_ == 0) return std::move(text_);
        const std::uint32_t missing = 3 - count_;
        waiting_ <<= 8U * missing;
        settle();
        text_.replace(text_.size() - missing, missing, missing, '=');
        return std::move(text_);
    }

private:
    static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text_;
    std::uint32_t waiting_ = 0, count_ = 0;

    void settle() {
        for (const std::uint32_t shift : {18U, 12U, 6U, 0U}) text_ += kDigits[waiting_ >> shift & 63U];
        waiting_ = count_ = 0;
    }
};

inline std::string base64(std::string_view bytes) {
    Base64 text;
    for (const char byte : bytes) text.add(static_cast<std::uint8_t>(byte));
    return text.take();
}

}  // namespace attnx::view
