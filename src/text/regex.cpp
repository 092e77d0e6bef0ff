#include "regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <string>

#include "attnx/base/error.h"

namespace attnx::text {
namespace {

std::string message_of(int code) {
    PCRE2_UCHAR text[128] = {};
    pcre2_get_error_message(code, text, sizeof text);
    return reinterpret_cast<const char*>(text);
}

PCRE2_SPTR units(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

// The number of backtracks is bounded by the patterns themselves; PCRE2's own limit would refuse long runs of
// spaces.
pcre2_match_context* unlimited() {
    static pcre2_match_context* const context = [] {
        auto* created = pcre2_match_context_create(nullptr);
        if (created) {
            pcre2_set_match_limit(created, 0xFFFFFFFF);
            pcre2_set_depth_limit(created, 0xFFFFFFFF);
        }
        return created;
    }();
    return context;
}

}  // namespace

void Regex::Free::operator()(void* code) const { pcre2_code_free(static_cast<pcre2_code*>(code)); }
void Regex::Matcher::Free::operator()(void* data) const { pcre2_match_data_free(static_cast<pcre2_match_data*>(data)); }

Regex::Regex(std::string_view pattern, Subject subject) {
    int code = 0;
    PCRE2_SIZE offset = 0;
    const std::uint32_t options = subject == Subject::utf8 ? PCRE2_UTF : 0;
    code_.reset(pcre2_compile(units(pattern), pattern.size(), options, &code, &offset, nullptr));
    if (!code_)
        throw Error(ErrorCode::internal,
                    fmt::format("regular expression, at character {}: {}", offset, message_of(code)));
    // Where the system forbids writable code pages this fails, and matching is interpreted: slower, otherwise
    // the same.
    pcre2_jit_compile(static_cast<pcre2_code*>(code_.get()), PCRE2_JIT_COMPLETE);
}

Regex::Matcher::Matcher(const Regex& regex)
    : regex_(&regex),
      data_(pcre2_match_data_create_from_pattern(static_cast<const pcre2_code*>(regex.code_.get()), nullptr)) {
    if (!data_) throw std::bad_alloc();
}

std::optional<Match> Regex::Matcher::find(std::string_view subject, std::size_t offset) {
    auto* data = static_cast<pcre2_match_data*>(data_.get());
    const int code = pcre2_match(static_cast<const pcre2_code*>(regex_->code_.get()), units(subject), subject.size(),
                                 offset, PCRE2_NO_UTF_CHECK, data, unlimited());
    if (code == PCRE2_ERROR_NOMATCH) return std::nullopt;
    if (code < 0) throw Error(ErrorCode::internal, fmt::format("regular expression: {}", message_of(code)));
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data);
    return Match{bounds[0], bounds[1]};
}

}  // namespace attnx::text
