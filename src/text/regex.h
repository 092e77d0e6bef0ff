// text: one compiled regular expression. PCRE2 stays behind this header.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace attnx::text {

struct Match {
    std::size_t begin = 0;
    std::size_t end = 0;
};

// Compiled once, then const and safe to use from several threads, each with its own Matcher.
class Regex {
public:
    enum class Subject : unsigned char {
        bytes,  // any bytes; \s, \d and case are ASCII's
        utf8,   // valid UTF-8 (the caller's promise); \s, \d and case are still ASCII's
    };

    // Throws internal when the pattern does not compile: patterns are ours, never the file's.
    Regex(std::string_view pattern, Subject subject);

    // Scratch memory of a search.
    class Matcher {
    public:
        explicit Matcher(const Regex& regex);
        // The first match at or after `offset`. \G is `offset`; lookbehind sees from the start of `subject`.
        std::optional<Match> find(std::string_view subject, std::size_t offset);

    private:
        struct Free {
            void operator()(void* data) const;
        };
        const Regex* regex_;
        std::unique_ptr<void, Free> data_;
    };

private:
    struct Free {
        void operator()(void* code) const;
    };
    std::unique_ptr<void, Free> code_;
};

}  // namespace attnx::text
