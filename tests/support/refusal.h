// Catching the Error a call ends in.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <span>
#include <string>

#include "attnx/base/error.h"
#include "attnx/gguf/file.h"

namespace attnx::test {

template <class Call>
std::optional<Error> refusal_of(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

inline std::optional<Error> refusal_of_bytes(std::span<const std::byte> bytes) {
    return refusal_of([&] { (void)gguf::File::from_bytes(bytes, "m.gguf"); });
}

inline void expect_refusal(const std::optional<Error>& error, ErrorCode code, const std::string& part_of_message) {
    ASSERT_TRUE(error.has_value()) << "nothing was refused; expected " << slug(code);
    EXPECT_EQ(slug(error->code()), slug(code)) << error->what();
    EXPECT_NE(error->message().find(part_of_message), std::string::npos) << error->what();
    EXPECT_EQ(std::string(error->what()).find('\n'), std::string::npos) << error->what();
}

}  // namespace attnx::test
